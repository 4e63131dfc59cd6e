using Calls.Rtc.Sctp;

namespace Calls.Rtc.Tests.Sctp;

/// <summary>An association with seeded randomness that remembers what it was told.</summary>
internal sealed class SctpPeer : ISctpOutput, ILinkEnd
{
    /// <param name="seed">For tag, first TSN and cookie key, unless <paramref name="fillRandom"/> gives them.</param>
    public SctpPeer(int seed, SctpOptions? options = null, Action<Span<byte>>? fillRandom = null)
    {
        fillRandom ??= new Random(seed).NextBytes;
        Association = new SctpAssociation((options ?? new SctpOptions()) with { FillRandom = fillRandom }, this);
    }

    public SctpAssociation Association { get; }

    public long? DeadlineMs => Association.DeadlineMs;

    public bool IsEstablished => EstablishedCount == 1;

    public Queue<byte[]> Sent { get; } = new();

    public List<(ushort StreamId, uint Ppid, byte[] Data)> Messages { get; } = [];

    public List<ushort> ResetStreams { get; } = [];

    public List<long> Acknowledged { get; } = [];

    public int EstablishedCount { get; private set; }

    public SctpCloseReason? CloseReason { get; private set; }

    public int CloseCount { get; private set; }

    public void Connect(long nowMs) => Association.Connect(nowMs);

    public void Receive(byte[] packet, long nowMs) => Association.Receive(packet, nowMs);

    public void HandleDeadline(long nowMs) => Association.HandleDeadline(nowMs);

    void ISctpOutput.SendPacket(ReadOnlySpan<byte> packet) => Sent.Enqueue(packet.ToArray());

    void ISctpOutput.OnEstablished() => EstablishedCount++;

    void ISctpOutput.OnMessage(ushort streamId, uint ppid, ReadOnlySpan<byte> message) => Messages.Add((streamId, ppid, message.ToArray()));

    void ISctpOutput.OnAcknowledged(long throughMessageNumber) => Acknowledged.Add(throughMessageNumber);

    void ISctpOutput.OnStreamReset(ushort streamId) => ResetStreams.Add(streamId);

    void ISctpOutput.OnClosed(SctpCloseReason reason)
    {
        CloseReason = reason;
        CloseCount++;
    }
}
