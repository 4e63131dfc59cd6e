using Calls.Rtc.DataChannels;
using Calls.Rtc.Sctp;
using Calls.Rtc.Tests.Sctp;

namespace Calls.Rtc.Tests.DataChannels;

/// <summary>An endpoint that remembers what it was told.</summary>
internal sealed class DataChannelPeer : IDataChannelEvents, ILinkEnd
{
    public DataChannelPeer(bool isClient, int seed, Action<Span<byte>>? fillRandom = null, ushort streamId = 0)
    {
        var sctp = new SctpOptions { FillRandom = fillRandom ?? new Random(seed).NextBytes };
        Endpoint = new DataChannelEndpoint(new DataChannelOptions { IsClient = isClient, StreamId = streamId, Sctp = sctp }, this);
    }

    public DataChannelEndpoint Endpoint { get; }

    public Queue<byte[]> Sent { get; } = new();

    public List<CallsChannelMessage> Messages { get; } = [];

    public List<CallsChannelResult> IgnoredReasons { get; } = [];

    public List<long> Acknowledged { get; } = [];

    public int OpenCount { get; private set; }

    public int ChannelClosedCount { get; private set; }

    public SctpCloseReason? CloseReason { get; private set; }

    public long? DeadlineMs => Endpoint.DeadlineMs;

    public bool IsEstablished => Endpoint.AssociationState == SctpState.Established;

    public void Connect(long nowMs) => Endpoint.Connect(nowMs);

    public void Receive(byte[] packet, long nowMs) => Endpoint.Receive(packet, nowMs);

    public void HandleDeadline(long nowMs) => Endpoint.HandleDeadline(nowMs);

    void IDataChannelEvents.SendPacket(ReadOnlySpan<byte> packet) => Sent.Enqueue(packet.ToArray());

    void IDataChannelEvents.OnOpen() => OpenCount++;

    void IDataChannelEvents.OnMessage(CallsChannelMessage message) => Messages.Add(message);

    void IDataChannelEvents.OnMessageIgnored(CallsChannelResult reason) => IgnoredReasons.Add(reason);

    void IDataChannelEvents.OnAcknowledged(long throughMessageNumber) => Acknowledged.Add(throughMessageNumber);

    void IDataChannelEvents.OnChannelClosed() => ChannelClosedCount++;

    void IDataChannelEvents.OnAssociationClosed(SctpCloseReason reason)
    {
        Assert.Null(CloseReason);
        CloseReason = reason;
    }
}
