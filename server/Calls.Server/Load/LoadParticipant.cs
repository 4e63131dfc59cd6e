using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Calls.Rtc;
using Calls.Rtc.Client;
using Calls.Rtc.DataChannels;
using Calls.Rtc.Dtls;
using Calls.Rtc.Sdp;

namespace Calls.Server.Load;

/// <summary>One session: a real WebRTC client on a socket of its own, whose media carries the time it was sent at.</summary>
/// <remarks>Owned by one worker's thread, but for <see cref="Deliver"/>.</remarks>
internal sealed class LoadParticipant : IRtcClientEvents, IDisposable
{
    /// <summary>20 ms of Opus at about 32 kbit/s.</summary>
    private const int VoiceBytes = 80;

    private const int VoiceTicks = 960;
    private const int VoiceMs = 20;

    private const int PictureMs = 66; // 15 pictures per second
    private const int PictureTicks = 90 * PictureMs;
    private const int PacketBytes = 1_100;

    /// <summary>Descriptor of VP8 (RFC 7741, section 4.2) and the frame header's first bytes: enough for a forwarder.</summary>
    private const int PictureHeaderBytes = 11;

    // What is sent is recognised by these bytes after the header; the other ones say that it counts.
    private const uint Mark = 0xCA115107;
    private const uint MeasuredMark = 0xCA115108;
    private const int MarkBytes = 12;

    private readonly Channel<ReadOnlyMemory<byte>> _signals = Channel.CreateUnbounded<ReadOnlyMemory<byte>>(new() { SingleReader = true });
    private readonly Tally _tally;
    private readonly LoadOptions _options;
    private readonly Random _random;
    private readonly byte[] _packet = new byte[PacketBytes];
    private readonly byte[] _buffer = new byte[2048];
    private readonly SocketAddress _from = new(AddressFamily.InterNetwork);
    private readonly long _joinedAt = Stopwatch.GetTimestamp();
    private readonly bool _shares;
    private ILoadSession? _session;
    private SocketAddress? _destination;
    private TransportAddress _destinationKey;
    private TransportAddress _source;
    private SocketAddress? _sourceKey;
    private SentTrack? _voice;
    private SentTrack? _screen;
    private uint _voiceTimestamp;
    private uint _screenTimestamp;
    private long _nextVoiceMs;
    private long _nextPictureMs;
    private long _nextTurnMs;
    private bool _isTalking = true;
    private bool _needsKeyFrame = true;
    private bool _hasHeard;

    public LoadParticipant(int call, int user, LoadOptions options, Tally tally, DtlsContext dtls, long nowMs)
    {
        (Call, User, _options, _tally) = (call, user, options, tally);
        _random = new Random(HashCode.Combine(call, user));
        _shares = user < options.Screens;
        Speaks = user < options.Unmuted;
        Socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { Blocking = false, ReceiveBufferSize = 1 << 20 };
        Socket.Bind(new IPEndPoint(IPAddress.Any, 0));
        Client = new(new(dtls, DateTimeOffset.UtcNow, nowMs), this);
    }

    public int Call { get; }

    public int User { get; }

    public bool Speaks { get; }

    public Socket Socket { get; }

    public RtcClient Client { get; }

    /// <summary>Whether this one is to hear somebody.</summary>
    public bool IsToHear => _options.Unmuted > (Speaks ? 1 : 0);

    public string Session => _session?.Id ?? "";

    /// <summary>Any thread. A signal of the server.</summary>
    public void Deliver(ReadOnlyMemory<byte> json) => _signals.Writer.TryWrite(json);

    /// <summary>The session is joined: negotiation begins.</summary>
    public void Start(ILoadSession session, long nowMs)
    {
        _session = session;
        if (Speaks)
        {
            session.Send(RtcMessageType.Unmute, default);
            _voice = Client.AddTrack(OutgoingTrack.Create(TrackType.Voice, MediaCodec.Opus, session.Id, (ulong)_random.NextInt64()), nowMs);
        }

        if (_shares)
        {
            string stream = $"screen-{session.Id}";
            session.Send(RtcMessageType.ScreenOn, Encoding.UTF8.GetBytes($"{{\"screenStreamID\":\"{stream}\"}}"));
            _screen = Client.AddTrack(new OutgoingTrack($"{stream}-track", stream, TrackType.Screen, MediaCodec.Vp8), nowMs);
        }

        Client.Start(nowMs);
    }

    /// <summary>Takes what has arrived, and does what is due.</summary>
    public void Turn(long nowMs, bool isReadable, bool isSending)
    {
        while (_signals.Reader.TryRead(out ReadOnlyMemory<byte> json))
        {
            Client.ReceiveSignal(json, nowMs);
        }

        if (isReadable)
        {
            Receive(nowMs);
        }

        if (isSending)
        {
            Speak(nowMs);
            Show(nowMs);
        }

        if (Client.DeadlineMs <= nowMs)
        {
            Client.HandleDeadline(nowMs);
        }
    }

    public void Close(long nowMs) => Client.Close(nowMs);

    public void Dispose()
    {
        Client.Dispose();
        Socket.Dispose();
    }

    void IRtcClientEvents.SendDatagram(ReadOnlySpan<byte> datagram, TransportAddress destination)
    {
        if (_destination is null || destination != _destinationKey)
        {
            (_destination, _destinationKey) = (destination.ToEndPoint().Serialize(), destination);
        }

        try
        {
            Socket.SendTo(datagram, SocketFlags.None, _destination);
        }
        catch (SocketException)
        {
            // A full buffer, or a candidate that leads nowhere: lost, as on any network.
        }
    }

    void IRtcClientEvents.SendSignal(RtcMessageType type, ReadOnlyMemory<byte> json) => _session!.Send(type, json.ToArray());

    void IRtcClientEvents.OnOpen() => _tally.Open++;

    void IRtcClientEvents.OnChannelMessage(CallsChannelMessage message)
    {
        // The client has acted on it.
    }

    void IRtcClientEvents.OnNegotiated()
    {
        // Tracks are counted by what arrives.
    }

    void IRtcClientEvents.OnPacket(ReceivedStream stream, in ReceivedPacket packet, long nowMs)
    {
        int header = packet.Payload.Length == VoiceBytes ? 0 : PictureHeaderBytes;
        uint mark = packet.Payload.Length < header + MarkBytes ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(packet.Payload[header..]);
        if (mark is not (Mark or MeasuredMark))
        {
            return;
        }

        if (!_hasHeard && header == 0)
        {
            _hasHeard = true;
            _tally.Hearing++;
            _tally.FirstAudio.Add(Stopwatch.GetElapsedTime(_joinedAt).TotalMilliseconds);
        }

        if (mark == MeasuredMark && User < _options.Users)
        {
            _tally.Received++;
            _tally.Delay.Add(Stopwatch.GetElapsedTime(BinaryPrimitives.ReadInt64LittleEndian(packet.Payload[(header + 4)..])).TotalMilliseconds);
        }
    }

    void IRtcClientEvents.OnKeyFrameRequested(SentTrack track) => _needsKeyFrame = true;

    void IRtcClientEvents.OnClosed(RtcClientEnd end) => _tally.Closed += end == RtcClientEnd.Requested ? 0 : 1;

    private void Receive(long nowMs)
    {
        try
        {
            while (Socket.Available > 0)
            {
                int length = Socket.ReceiveFrom(_buffer, SocketFlags.None, _from);
                if (_sourceKey is null || !_sourceKey.Equals(_from))
                {
                    _sourceKey = new SocketAddress(_from.Family, _from.Size);
                    _from.Buffer.CopyTo(_sourceKey.Buffer);
                    _source = TransportAddress.From((IPEndPoint)new IPEndPoint(0, 0).Create(_from));
                }

                Client.Receive(_buffer.AsSpan(0, length), _source, nowMs);
            }
        }
        catch (SocketException)
        {
            // A port that nobody answers at: nothing has arrived.
        }
    }

    private void Speak(long nowMs)
    {
        if (_voice is null || nowMs < _nextVoiceMs)
        {
            return;
        }

        // Each speaker has a phase of its own, and makes up for nothing.
        _nextVoiceMs = _nextVoiceMs == 0 ? nowMs + _random.Next(VoiceMs) : Math.Max(_nextVoiceMs + VoiceMs, nowMs - VoiceMs);
        _voiceTimestamp += VoiceTicks;
        if (_options.TalkSpurts && nowMs >= _nextTurnMs)
        {
            _isTalking = !_isTalking;
            _nextTurnMs = nowMs + _random.Next(1_000, 4_000);
        }

        if (_isTalking)
        {
            Send(_voice, _packet.AsSpan(0, VoiceBytes), 0, _voiceTimestamp, hasMarker: false, audioLevel: 40, nowMs);
        }
    }

    private void Show(long nowMs)
    {
        if (_screen is null || nowMs < _nextPictureMs)
        {
            return;
        }

        _nextPictureMs = Math.Max(_nextPictureMs + PictureMs, nowMs - PictureMs);
        _screenTimestamp += PictureTicks;
        int packets = Math.Max(1, (int)((long)_options.ScreenBitrate * PictureMs / 1000 / 8 / PacketBytes));
        for (int i = 0; i < packets; i++)
        {
            // S bit in the first packet; the frame's first byte tells a key frame by a zero.
            _packet.AsSpan(0, PictureHeaderBytes).Clear();
            _packet[0] = (byte)(i == 0 ? 0x10 : 0x00);
            _packet[1] = (byte)(i == 0 && _needsKeyFrame ? 0x00 : 0x01);
            Send(_screen, _packet, PictureHeaderBytes, _screenTimestamp, hasMarker: i == packets - 1, audioLevel: null, nowMs);
        }

        _needsKeyFrame = false;
    }

    private void Send(SentTrack track, Span<byte> payload, int header, uint timestamp, bool hasMarker, byte? audioLevel, long nowMs)
    {
        bool isMeasured = _tally.IsMeasuring;
        BinaryPrimitives.WriteUInt32LittleEndian(payload[header..], isMeasured ? MeasuredMark : Mark);
        BinaryPrimitives.WriteInt64LittleEndian(payload[(header + 4)..], Stopwatch.GetTimestamp());
        if (Client.SendRtp(track, payload, timestamp, hasMarker, audioLevel, nowMs) && isMeasured)
        {
            _tally.Expected += _options.Users - 1;
        }
    }
}
