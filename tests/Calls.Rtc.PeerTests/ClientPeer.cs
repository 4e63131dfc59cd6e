using Calls.Rtc.Client;
using Calls.Rtc.DataChannels;
using Calls.Rtc.Sdp;
using Calls.Rtc.Transport;

namespace Calls.Rtc.PeerTests;

/// <summary>A client of a <see cref="PeerCall"/> and what it hears, by publisher.</summary>
internal sealed class ClientPeer : IRtcClientEvents
{
    private readonly PeerCall _call;
    private readonly List<SentTrack> _extra = [];
    private readonly HashSet<SentTrack> _wantsKeyFrame = [];
    private readonly List<VideoSource> _videos = [];
    private uint _timestamp;

    public ClientPeer(PeerCall call, string session, TransportAddress address, RtcClientOptions options)
    {
        _call = call;
        Session = session;
        Address = address;
        Rtc = new(options, this);
    }

    public string Session { get; }

    /// <summary>Where it sends from; changing it is what a NAT does that forgets a binding.</summary>
    public TransportAddress Address
    {
        get;
        set
        {
            field = value;
            _call.Bind(value, this);
        }
    }

    public RtcClient Rtc { get; }

    public SentTrack? Voice { get; private set; }

    /// <summary>Packets of each video frame that it sends.</summary>
    public int PacketsPerFrame { get; set; } = 1;

    /// <summary>Payload bytes of each.</summary>
    public int VideoPacketBytes { get; set; } = 100;

    public bool Speaks { get; set; } = true;

    /// <summary>How loud it speaks: 0 loudest to 127 silence.</summary>
    public byte Level { get; set; } = 30;

    /// <summary>Voice packets heard, in order, with who spoke in them; <c>null</c> records none.</summary>
    public List<Word>? Words { get; set; }

    public TransportAddress LastDestination { get; private set; }

    /// <summary>How far the port of its connection is from that of its datagrams; an odd number leads to the other loop.</summary>
    public int TcpPortOffset { get; set; }

    /// <summary>Its TCP connection, once it has sent something over TCP.</summary>
    public ClientConnection? Connection { get; set; }

    /// <summary>Sends and receives nothing, like a machine whose cable was pulled.</summary>
    public bool IsCutOff { get; set; }

    /// <summary>Voice packets heard, by publisher and SSRC.</summary>
    public Dictionary<(string Publisher, uint Ssrc), int> Heard { get; } = [];

    /// <summary>Pictures received, in order.</summary>
    public List<Picture> Pictures { get; } = [];

    /// <summary>What a decoder makes of them, by SSRC.</summary>
    public Dictionary<uint, Film> Films { get; } = [];

    /// <summary>Frames of video that it has sent, by track.</summary>
    public Dictionary<SentTrack, int> FramesSent { get; } = [];

    /// <summary>When each voice packet came, by publisher.</summary>
    public Dictionary<string, List<long>> HeardAt { get; } = [];

    public List<CallsChannelMessage> ChannelMessages { get; } = [];

    /// <summary>What the media map said of each section at the moment a description bound a track to it.</summary>
    public List<(string Mid, string Type)> Bound { get; } = [];

    /// <summary>Names of the streams that the last packets came under: <c>voice</c>, <c>screen</c>, ...</summary>
    public IEnumerable<string> Types => Rtc.RemoteTracks.Select(static track => track.Map?.Type ?? "").Order();

    /// <summary>Payload types received.</summary>
    public HashSet<byte> PayloadTypes { get; } = [];

    /// <summary>SSRCs of voices heard from a publisher.</summary>
    public IEnumerable<uint> SsrcsOf(ClientPeer publisher) => Heard.Keys.Where(key => key.Publisher == publisher.Session).Select(static key => key.Ssrc);

    public int HeardFrom(ClientPeer publisher) => Heard.Where(entry => entry.Key.Publisher == publisher.Session).Sum(static entry => entry.Value);

    public bool HasHeard(ClientPeer speaker) => Words!.Exists(word => word.SpeakerPort == speaker.Address.Port);

    public void Unmute() => Voice ??= Rtc.AddTrack(
        OutgoingTrack.Create(TrackType.Voice, MediaCodec.Opus, Session, Address.Port), _call.NowMs);

    /// <summary>Adds a track of any kind whose packets are sent from now on.</summary>
    public SentTrack Send(TrackType type, string streamId)
    {
        var track = new OutgoingTrack($"{streamId}-{type}", streamId, type, type is TrackType.Voice or TrackType.ScreenAudio ? MediaCodec.Opus : MediaCodec.Vp8);
        SentTrack sent = Rtc.AddTrack(track, _call.NowMs);
        _extra.Add(sent);
        return sent;
    }

    /// <summary>What it makes of the video it gets, by type, once it watches.</summary>
    public Dictionary<string, Viewer> Viewers { get; } = [];

    public bool Watches { get; set; }

    public IReadOnlyList<VideoSource> Videos => _videos;

    /// <summary>Sends one encoding of a screen or a camera.</summary>
    public VideoSource Film(TrackType type, string streamId, int bitsPerSecond, int framesPerSecond, MediaCodec codec = MediaCodec.Vp8)
    {
        var track = new OutgoingTrack($"{streamId}-{type}-{codec}", streamId, type, codec);
        return Add(new(Rtc.AddTrack(track, _call.NowMs), layer: 0, bitsPerSecond, framesPerSecond));
    }

    /// <summary>Shares a screen in two layers, as the web client does (media.md 4.4).</summary>
    public IReadOnlyList<VideoSource> ShareInLayers(string streamId, int lowBitsPerSecond = 450_000, int highBitsPerSecond = 2_200_000)
    {
        var track = new OutgoingTrack($"{streamId}-screen", streamId, TrackType.Screen, MediaCodec.Vp8);
        IReadOnlyList<SentTrack> layers = Rtc.AddSimulcastTrack(track, ["l", "h"], _call.NowMs);
        return [Add(new(layers[0], 0, lowBitsPerSecond, framesPerSecond: 5)), Add(new(layers[1], 1, highBitsPerSecond, framesPerSecond: 20))];
    }

    private VideoSource Add(VideoSource source)
    {
        _videos.Add(source);
        return source;
    }

    /// <summary>Withdraws a track with an offer, as stopping a share does.</summary>
    public void Stop(SentTrack track)
    {
        _extra.Remove(track);
        _videos.RemoveAll(video => video.Track == track);
        Rtc.RemoveTrack(track, _call.NowMs);
    }

    public void Speak()
    {
        _timestamp += 960;
        foreach (VideoSource video in _videos)
        {
            video.Step(Rtc, _call.NowMs);
        }

        foreach (SentTrack track in _extra)
        {
            if (track.Track.Kind == MediaKind.Audio)
            {
                Rtc.SendRtp(track, new byte[60], _timestamp, hasMarker: false, audioLevel: 30, _call.NowMs);
            }
            else
            {
                SendFrame(track, track.Packets == 0 || _wantsKeyFrame.Remove(track));
            }
        }

        foreach (ReceivedStream stream in Rtc.Streams)
        {
            if (Viewers.TryGetValue(stream.Track?.Map?.Type ?? "", out Viewer? viewer) && viewer.IsStuck(_call.NowMs))
            {
                Rtc.RequestKeyFrame(stream, _call.NowMs);
            }

            if (Films.TryGetValue(stream.Ssrc, out Film? film) && film.IsStuck(_call.NowMs))
            {
                Rtc.RequestKeyFrame(stream, _call.NowMs);
            }
        }

        if (Voice is not null && Speaks)
        {
            Rtc.SendRtp(Voice, [(byte)(Address.Port >> 8), (byte)Address.Port, .. new byte[58]], _timestamp, hasMarker: false, Level, _call.NowMs);
        }
    }

    private void SendFrame(SentTrack track, bool isKey)
    {
        int number = FramesSent.GetValueOrDefault(track);
        bool isSent = false;
        for (int packet = 0; packet < PacketsPerFrame; packet++)
        {
            byte[] payload = new FilmFrame(isKey, number, packet, PacketsPerFrame).Write(VideoPacketBytes);
            isSent |= Rtc.SendRtp(track, payload, _timestamp * 15 / 8, hasMarker: packet == PacketsPerFrame - 1, audioLevel: null, _call.NowMs);
        }

        FramesSent[track] = number + (isSent ? 1 : 0);
    }

    public void SendDatagram(ReadOnlySpan<byte> datagram, TransportAddress destination)
    {
        LastDestination = destination;
        if (destination.IsTcp)
        {
            if (Connection is null)
            {
                // A connection has to begin with a check, and whatever else was meant for the one before is lost.
                if (PacketDemuxer.Classify(datagram) != PacketKind.Stun)
                {
                    return;
                }

                Connection = new(_call, this, Address with { IsTcp = true, Port = (ushort)(Address.Port + TcpPortOffset) });
                _call.Connect(Connection.ServerEnd);
            }

            Connection.Send(datagram);
            return;
        }

        if (!IsCutOff)
        {
            _call.Network.Send(Address, destination, datagram, _call.NowMs);
        }
    }

    public void SendSignal(RtcMessageType type, ReadOnlyMemory<byte> json) => _call.SignalToServer(Session, type, json.ToArray());

    public void OnOpen()
    {
        // Read from the client's state.
    }

    public void OnChannelMessage(CallsChannelMessage message) => ChannelMessages.Add(message);

    public void OnNegotiated() => Bound.AddRange(Rtc.RemoteTracks.Select(static track => (track.Mid, track.Map?.Type ?? "")));

    public void OnPacket(ReceivedStream stream, in ReceivedPacket packet, long nowMs)
    {
        string publisher = stream.Track!.StreamId;
        PayloadTypes.Add(packet.PayloadType);
        if (Watches && stream.Track.Kind == MediaKind.Video)
        {
            Watch(stream, packet, nowMs);
            return;
        }

        if (packet.Payload.IsEmpty)
        {
            return; // padding, which measures the path
        }

        if (stream.Track.Kind == MediaKind.Audio)
        {
            Words?.Add(new(packet.Ssrc, packet.SequenceNumber, packet.Timestamp, packet.HasMarker, (packet.Payload[0] << 8) | packet.Payload[1], nowMs));
            Heard[(publisher, packet.Ssrc)] = Heard.GetValueOrDefault((publisher, packet.Ssrc)) + 1;
            if (!HeardAt.TryGetValue(publisher, out List<long>? times))
            {
                times = HeardAt[publisher] = [];
            }

            times.Add(nowMs);
        }
        else
        {
            var frame = FilmFrame.Read(packet.Payload);
            Pictures.Add(new(publisher, stream.Track.Map?.Type ?? "", frame is { IsKey: true, Packet: 0 }, nowMs));
            if (!Films.TryGetValue(packet.Ssrc, out Film? film))
            {
                film = Films[packet.Ssrc] = new();
            }

            film.Add(frame, nowMs);
        }
    }

    private void Watch(ReceivedStream stream, in ReceivedPacket packet, long nowMs)
    {
        string type = stream.Track!.Map?.Type ?? "";
        if (!Viewers.TryGetValue(type, out Viewer? viewer))
        {
            viewer = Viewers[type] = new();
        }

        viewer.Receive(packet, nowMs);
    }

    public void OnKeyFrameRequested(SentTrack track)
    {
        _wantsKeyFrame.Add(track);
        _videos.Find(video => video.Track == track)?.RequestKeyFrame();
    }

    public void OnClosed(RtcClientEnd end)
    {
        // Read from the client's state.
    }
}
