namespace Calls.Rtc.Tests.Sctp;

/// <summary>One end of an <see cref="EmulatedLink"/>.</summary>
internal interface ILinkEnd
{
    /// <summary>Packets sent and not taken by the link.</summary>
    Queue<byte[]> Sent { get; }

    long? DeadlineMs { get; }

    bool IsEstablished { get; }

    void Connect(long nowMs);

    void Receive(byte[] packet, long nowMs);

    void HandleDeadline(long nowMs);
}
