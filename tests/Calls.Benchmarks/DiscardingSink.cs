using Calls.Rtc.Transport;

namespace Calls.Benchmarks;

internal sealed class DiscardingSink : IPacketSink
{
    private readonly byte[] _slot = new byte[PacketBuffer.Capacity];

    public int Count { get; private set; }

    public Span<byte> Reserve() => _slot;

    public void Commit(int length, TransportPath path) => Count++;
}
