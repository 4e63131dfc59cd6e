using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Calls.Rtc;
using Calls.Rtc.Client;
using Calls.Rtc.DataChannels;
using Calls.Rtc.Dtls;
using Calls.Rtc.Sdp;

namespace Calls.Load;

/// <summary>One participant: a real client on a socket of its own, whose voice carries the time it was sent at.</summary>
internal sealed class LoadClient : IRtcClientEvents, IDisposable
{
    /// <summary>20 ms of Opus at about 32 kbit/s.</summary>
    private const int PayloadBytes = 80;

    private const uint TicksPerPacket = 960;

    private readonly MediaConnection _server;
    private readonly LoadReport _report;
    private readonly byte[] _payload = new byte[PayloadBytes];
    private readonly byte[] _buffer = new byte[2048];
    private readonly long _joinedAt;
    private SocketAddress? _destination;
    private TransportAddress _destinationKey;
    private uint _timestamp;

    public LoadClient(string session, string call, bool speaks, DtlsContext dtls, MediaConnection server, LoadReport report, long nowMs)
    {
        Session = session;
        _server = server;
        _report = report;
        _joinedAt = Stopwatch.GetTimestamp();
        Socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { Blocking = false, ReceiveBufferSize = 1 << 20 };
        Socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        server.Init(session, call);
        Client = new(new(dtls, DateTimeOffset.UtcNow, nowMs), this);
        if (speaks)
        {
            Voice = Client.AddTrack(OutgoingTrack.Create(TrackType.Voice, MediaCodec.Opus, session, (ulong)Random.Shared.NextInt64()), nowMs);
        }

        Client.Start(nowMs);
    }

    public string Session { get; }

    public Socket Socket { get; }

    public RtcClient Client { get; }

    public SentTrack? Voice { get; }

    /// <summary>From joining to the first audio packet; <c>null</c> before it.</summary>
    public double? HeardAfterMs { get; private set; }

    /// <summary>Takes everything that has arrived.</summary>
    public void Receive(long nowMs)
    {
        while (Socket.Available > 0)
        {
            EndPoint from = new IPEndPoint(IPAddress.Loopback, 0);
            int length = Socket.ReceiveFrom(_buffer, ref from);
            Client.Receive(_buffer.AsSpan(0, length), TransportAddress.From((IPEndPoint)from), nowMs);
        }
    }

    /// <summary>Sends one packet of speech.</summary>
    public void Speak(long nowMs)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_payload, Stopwatch.GetTimestamp());
        _timestamp += TicksPerPacket;
        if (Voice is not null && Client.SendRtp(Voice, _payload, _timestamp, hasMarker: false, audioLevel: 40, nowMs))
        {
            _report.Sent++;
        }
    }

    public void SendDatagram(ReadOnlySpan<byte> datagram, TransportAddress destination)
    {
        if (_destination is null || destination != _destinationKey)
        {
            (_destination, _destinationKey) = (destination.ToEndPoint().Serialize(), destination);
        }

        Socket.SendTo(datagram, SocketFlags.None, _destination);
    }

    public void SendSignal(RtcMessageType type, ReadOnlyMemory<byte> json) => _server.Send(Session, type, json);

    public void OnPacket(ReceivedStream stream, in ReceivedPacket packet, long nowMs)
    {
        if (packet.Payload.Length != PayloadBytes)
        {
            return;
        }

        if (HeardAfterMs is null)
        {
            HeardAfterMs = Stopwatch.GetElapsedTime(_joinedAt).TotalMilliseconds;
            _report.FirstPacketMs.Add(HeardAfterMs.Value);
        }

        if (_report.IsMeasuring)
        {
            _report.Received++;
            _report.DelayMs.Add(Stopwatch.GetElapsedTime(BinaryPrimitives.ReadInt64LittleEndian(packet.Payload)).TotalMilliseconds);
        }
    }

    public void OnOpen() => _report.Open++;

    public void OnChannelMessage(CallsChannelMessage message)
    {
        // The client has acted on it.
    }

    public void OnNegotiated()
    {
        // Tracks are counted by what arrives.
    }

    public void OnKeyFrameRequested(SentTrack track)
    {
        // Audio has no key frames.
    }

    public void OnClosed(RtcClientEnd end) => _report.Closed += end == RtcClientEnd.Requested ? 0 : 1;

    public void Dispose()
    {
        Client.Dispose();
        Socket.Dispose();
    }
}
