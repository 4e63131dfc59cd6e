using Calls.Rtc.Transport;

namespace Calls.Rtc.Tests.Sfu;

/// <summary>Keeps every packet that is queued.</summary>
internal sealed class RecordingSink : IPacketSink
{
    private readonly byte[] _slot = new byte[PacketBuffer.Capacity];

    public List<(TransportPath Path, byte[] Bytes)> Packets { get; } = [];

    public Span<byte> Reserve() => _slot;

    public void Commit(int length, TransportPath path) => Packets.Add((path, _slot[..length]));
}
