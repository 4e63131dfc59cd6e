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

    // VP8: a descriptor with S = 1, and the octet that says whether it is a key frame (RFC 7741, section 4).
    private static byte[] KeyFrame => [0x10, 0x00, .. new byte[98]];

    private static byte[] DeltaFrame => [0x10, 0x01, .. new byte[98]];

    public bool Speaks { get; set; } = true;

    /// <summary>How loud it speaks: 0 loudest to 127 silence.</summary>
    public byte Level { get; set; } = 30;

    /// <summary>Voice packets heard, in order, with who spoke in them; <c>null</c> records none.</summary>
    public List<Word>? Words { get; set; }

    public TransportAddress LastDestination { get; private set; }

    /// <summary>Its TCP connection, once it has sent something over TCP.</summary>
    public ClientConnection? Connection { get; set; }

    /// <summary>Sends and receives nothing, like a machine whose cable was pulled.</summary>
    public bool IsCutOff { get; set; }

    /// <summary>Voice packets heard, by publisher and SSRC.</summary>
    public Dictionary<(string Publisher, uint Ssrc), int> Heard { get; } = [];

    /// <summary>Pictures received, in order.</summary>
    public List<Picture> Pictures { get; } = [];

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

    /// <summary>Withdraws a track with an offer, as stopping a share does.</summary>
    public void Stop(SentTrack track)
    {
        _extra.Remove(track);
        Rtc.RemoveTrack(track, _call.NowMs);
    }

    public void Speak()
    {
        _timestamp += 960;
        foreach (SentTrack track in _extra)
        {
            if (track.Track.Kind == MediaKind.Audio)
            {
                Rtc.SendRtp(track, new byte[60], _timestamp, hasMarker: false, audioLevel: 30, _call.NowMs);
            }
            else if (track.Packets == 0 || _wantsKeyFrame.Remove(track))
            {
                Rtc.SendRtp(track, KeyFrame, _timestamp * 15 / 8, hasMarker: true, audioLevel: null, _call.NowMs);
            }
            else
            {
                Rtc.SendRtp(track, DeltaFrame, _timestamp * 15 / 8, hasMarker: true, audioLevel: null, _call.NowMs);
            }
        }

        if (Voice is not null && Speaks)
        {
            Rtc.SendRtp(Voice, [(byte)(Address.Port >> 8), (byte)Address.Port, .. new byte[58]], _timestamp, hasMarker: false, Level, _call.NowMs);
        }
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

                Connection = new(_call, this, Address with { IsTcp = true });
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
        if (stream.Track.Kind == MediaKind.Audio)
        {
            Words?.Add(new(packet.Ssrc, packet.SequenceNumber, packet.Timestamp, packet.HasMarker, (packet.Payload[0] << 8) | packet.Payload[1], nowMs));
            Heard[(publisher, packet.Ssrc)] = Heard.GetValueOrDefault((publisher, packet.Ssrc)) + 1;
        }
        else
        {
            // The first octet behind the descriptor: bit 0 clear starts a key frame (RFC 7741, section 4.3).
            Pictures.Add(new(publisher, stream.Track.Map?.Type ?? "", (packet.Payload[1] & 1) == 0, nowMs));
        }
    }

    public void OnKeyFrameRequested(SentTrack track) => _wantsKeyFrame.Add(track);

    public void OnClosed(RtcClientEnd end)
    {
        // Read from the client's state.
    }
}
