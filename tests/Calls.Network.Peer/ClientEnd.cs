using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Calls.Rtc;
using Calls.Rtc.Client;
using Calls.Rtc.DataChannels;
using Calls.Rtc.Dtls;
using Calls.Rtc.Sdp;
using Calls.Rtc.Transport;

namespace Calls.Network.Peer;

/// <summary>
/// A client with real sockets that speaks all the time. Takes <c>{"signal":JSON}</c> from the server's side, and tells every tenth of a
/// second how it is and how many packets it has heard of whom.
/// </summary>
internal sealed class ClientEnd : IRtcClientEvents, IDisposable
{
    private const int SpeechMs = 20;
    private const int StatusMs = 100;
    private const int PollMicroseconds = 2_000;

    private readonly string _name;
    private readonly RtcClient _rtc;
    private readonly DtlsCertificate _certificate = DtlsCertificate.Create(DateTimeOffset.UtcNow);
    private readonly DtlsContext _dtls;

    // One socket for both families: an IPv4 address is written as an IPv6 one.
    private readonly Socket _udp = new(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = true };
    private readonly Dictionary<TransportAddress, TcpEnd> _tcp = [];
    private readonly ConcurrentQueue<string> _signals = new();
    private readonly Dictionary<string, int> _heard = [];
    private readonly byte[] _buffer = new byte[PacketBuffer.Capacity];
    private SentTrack? _voice;
    private TransportAddress _lastMediaDestination;
    private uint _timestamp;
    private volatile bool _isOver;

    private ClientEnd(string name, bool usesUdp, bool usesTcp)
    {
        _name = name;
        _dtls = new(_certificate);
        _udp.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        _udp.Blocking = false;
        _rtc = new(new(_dtls, DateTimeOffset.UtcNow, NowMs) { UsesUdp = usesUdp, UsesTcp = usesTcp }, this);
    }

    private static long NowMs => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);

    public static void Run(string[] arguments)
    {
        using var client = new ClientEnd(arguments[0], !arguments.Contains("--no-udp"), !arguments.Contains("--no-tcp"));
        new Thread(client.ReadInput) { IsBackground = true }.Start();
        client.Loop();
    }

    public void SendDatagram(ReadOnlySpan<byte> datagram, TransportAddress destination)
    {
        if (datagram[0] >= 128)
        {
            _lastMediaDestination = destination;
        }

        if (!destination.IsTcp)
        {
            SendUdp(datagram, destination);
            return;
        }

        if (!_tcp.TryGetValue(destination, out TcpEnd? connection) || connection.IsOver)
        {
            // A connection has to begin with a check.
            if (PacketDemuxer.Classify(datagram) != PacketKind.Stun)
            {
                return;
            }

            connection?.Dispose();
            connection = _tcp[destination] = new(destination);
        }

        connection.Send(datagram);
    }

    public void SendSignal(RtcMessageType type, ReadOnlyMemory<byte> json) =>
        Lines.Write(new() { ["type"] = type.ToString(), ["data"] = Encoding.UTF8.GetString(json.Span) });

    public void OnOpen() => _voice = _rtc.AddTrack(OutgoingTrack.Create(TrackType.Voice, MediaCodec.Opus, _name, (ulong)Environment.ProcessId), NowMs);

    public void OnChannelMessage(CallsChannelMessage message)
    {
        // Read from the client's state.
    }

    public void OnNegotiated()
    {
        // Read from the client's state.
    }

    public void OnPacket(ReceivedStream stream, in ReceivedPacket packet, long nowMs)
    {
        string publisher = stream.Track!.StreamId;
        _heard[publisher] = _heard.GetValueOrDefault(publisher) + 1;
    }

    public void OnKeyFrameRequested(SentTrack track)
    {
        // There is no video.
    }

    public void OnClosed(RtcClientEnd end) => _isOver = true;

    public void Dispose()
    {
        _rtc.Dispose();
        _dtls.Dispose();
        _certificate.Dispose();
        _udp.Dispose();
        foreach (TcpEnd connection in _tcp.Values)
        {
            connection.Dispose();
        }
    }

    private void ReadInput()
    {
        while (Lines.Read() is { } line)
        {
            _signals.Enqueue((string)line["signal"]!);
        }

        _isOver = true;
    }

    private void Loop()
    {
        _rtc.Start(NowMs);
        long nextSpeechMs = NowMs;
        long nextStatusMs = NowMs;
        while (!_isOver)
        {
            ReceiveUdp();
            foreach (TcpEnd connection in _tcp.Values.ToArray())
            {
                connection.Receive(packet => _rtc.Receive(packet, connection.Server, NowMs));
            }

            while (_signals.TryDequeue(out string? signal))
            {
                _rtc.ReceiveSignal(Encoding.UTF8.GetBytes(signal), NowMs);
            }

            long nowMs = NowMs;
            if (_rtc.DeadlineMs <= nowMs)
            {
                _rtc.HandleDeadline(nowMs);
            }

            if (nowMs >= nextSpeechMs)
            {
                nextSpeechMs = Math.Max(nextSpeechMs + SpeechMs, nowMs - SpeechMs);
                Speak(nowMs);
            }

            if (nowMs >= nextStatusMs)
            {
                nextStatusMs = nowMs + StatusMs;
                WriteStatus();
            }
        }

        WriteStatus();
    }

    private void Speak(long nowMs)
    {
        _timestamp += 960;
        if (_voice is not null)
        {
            _rtc.SendRtp(_voice, new byte[60], _timestamp, hasMarker: false, audioLevel: 30, nowMs);
        }
    }

    private void WriteStatus()
    {
        var heard = new JsonObject();
        foreach ((string publisher, int packets) in _heard)
        {
            heard[publisher] = packets;
        }

        Lines.Write(new()
        {
            ["state"] = _rtc.State.ToString(),
            ["end"] = _rtc.End.ToString(),
            ["mapped"] = _rtc.MappedAddress?.ToString() ?? "",
            ["sendsTo"] = _lastMediaDestination.Port == 0 ? "" : _lastMediaDestination.ToString(),
            ["heard"] = heard,
        });
    }

    private void SendUdp(ReadOnlySpan<byte> datagram, TransportAddress destination)
    {
        try
        {
            IPEndPoint endpoint = destination.ToEndPoint();
            _udp.SendTo(datagram, SocketFlags.None, new IPEndPoint(endpoint.Address.MapToIPv6(), endpoint.Port));
        }
        catch (SocketException)
        {
            // No route, or the firewall says so: as if it were lost.
        }
    }

    private void ReceiveUdp()
    {
        // The pause of the loop, too.
        if (!_udp.Poll(PollMicroseconds, SelectMode.SelectRead))
        {
            return;
        }

        while (_udp.Available > 0)
        {
            try
            {
                EndPoint from = new IPEndPoint(IPAddress.IPv6Any, 0);
                int length = _udp.ReceiveFrom(_buffer, ref from);
                _rtc.Receive(_buffer.AsSpan(0, length), TransportAddress.From((IPEndPoint)from), NowMs);
            }
            catch (SocketException)
            {
                return;
            }
        }
    }
}
