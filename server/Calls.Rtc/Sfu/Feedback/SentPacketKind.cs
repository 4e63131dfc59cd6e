namespace Calls.Rtc.Sfu.Feedback;

/// <summary>What a packet that carried a transport-wide number was.</summary>
internal enum SentPacketKind : byte
{
    Audio,
    Video,
    Retransmission,

    /// <summary>Padding alone, sent to find out what the path carries.</summary>
    Probe,
}
