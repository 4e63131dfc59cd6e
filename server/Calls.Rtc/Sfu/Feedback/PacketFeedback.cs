namespace Calls.Rtc.Sfu.Feedback;

/// <summary>What a client said about one packet that was sent to it.</summary>
/// <param name="SequenceNumber">Its transport-wide number.</param>
/// <param name="SentMs">When it was handed to the socket, in monotonic milliseconds.</param>
/// <param name="SizeBytes">Of the protected packet, without IP and UDP headers.</param>
/// <param name="IsReceived"><c>false</c>: not there when the client wrote its feedback; it may still be reported as received later.</param>
/// <param name="ArrivalTicks">
/// Units of 250 microseconds on the client's own clock, never wrapping; only differences between two packets mean anything. 0 if
/// not received.
/// </param>
internal readonly record struct PacketFeedback(
    ushort SequenceNumber,
    long SentMs,
    int SizeBytes,
    SentPacketKind Kind,
    bool IsReceived,
    long ArrivalTicks);
