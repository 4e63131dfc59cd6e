namespace Calls.Rtc.Sfu.Feedback;

/// <summary>Learns how the packets sent to one client fared, from the client's transport-wide feedback (media.md 4.9).</summary>
/// <remarks>Called on the loop that owns the client's session, one feedback at a time. It must not allocate, block or throw.</remarks>
internal interface IBandwidthObserver
{
    /// <summary>
    /// One packet of a feedback, in order of transport-wide number. Each packet comes once as received; before that it may come once as
    /// lost. Packets that are no longer in the log do not come at all.
    /// </summary>
    void OnPacket(in PacketFeedback packet);

    /// <summary>All packets of one feedback have come.</summary>
    void OnFeedbackEnd(long nowMs);

    /// <summary>The client says itself what it can receive (REMB); clients that send transport-wide feedback do not.</summary>
    void OnReceiverEstimate(long bitsPerSecond, long nowMs)
    {
        // For observers that ask for feedback only.
    }
}
