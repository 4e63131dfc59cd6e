using Calls.Rtc.Transport;

namespace Calls.Rtc.Tests.Sfu;

/// <summary>Counts packets and keeps none.</summary>
internal sealed class CountingSink : IPacketSink
{
    private readonly byte[] _slot = new byte[PacketBuffer.Capacity];

    public int Count { get; private set; }

    public Span<byte> Reserve() => _slot;

    public void Commit(int length, TransportPath path) => Count++;
}
