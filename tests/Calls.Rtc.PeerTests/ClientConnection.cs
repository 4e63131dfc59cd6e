using Calls.Rtc.Transport;

namespace Calls.Rtc.PeerTests;

/// <summary>A client's end of its TCP connection to the server.</summary>
internal sealed class ClientConnection
{
    private readonly PeerCall _call;
    private readonly ClientPeer _client;
    private readonly FrameReader _reader = new();

    public ClientConnection(PeerCall call, ClientPeer client, TransportAddress address)
    {
        _call = call;
        _client = client;
        ServerEnd = new(address, bytes => Later(() => Take(bytes)));
    }

    public EmulatedStream ServerEnd { get; }

    /// <summary>Packets that came over it.</summary>
    public int Received { get; private set; }

    public void Send(ReadOnlySpan<byte> packet)
    {
        byte[] frame = PeerChecks.Frame(packet);
        Later(() => ServerEnd.Arrive(frame));
    }

    private void Later(Action action) => _call.Later(_call.Network.DelayMs, () =>
    {
        if (!_call.BlocksTcp)
        {
            action();
        }
    });

    private void Take(ReadOnlySpan<byte> bytes)
    {
        while (_reader.TryRead(ref bytes, ushort.MaxValue, out Span<byte> packet) == FrameResult.Packet)
        {
            Received++;
            _client.Rtc.Receive(packet, PeerCall.TcpAddress, _call.NowMs);
        }
    }
}
