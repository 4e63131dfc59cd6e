using Calls.Rtc.Client;
using Calls.Rtc.DataChannels;
using Calls.Rtc.Sdp;

namespace Calls.Rtc.PeerTests;

/// <summary>A client of a <see cref="PeerCall"/> and what it hears, by publisher.</summary>
internal sealed class ClientPeer : IRtcClientEvents
{
    private readonly PeerCall _call;
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

    public bool Speaks { get; set; } = true;

    /// <summary>Sends and receives nothing, like a machine whose cable was pulled.</summary>
    public bool IsCutOff { get; set; }

    /// <summary>Voice packets heard, by publisher and SSRC.</summary>
    public Dictionary<(string Publisher, uint Ssrc), int> Heard { get; } = [];

    public List<CallsChannelMessage> ChannelMessages { get; } = [];

    public int HeardFrom(ClientPeer publisher) => Heard.Where(entry => entry.Key.Publisher == publisher.Session).Sum(static entry => entry.Value);

    public void Unmute() => Voice ??= Rtc.AddTrack(
        OutgoingTrack.Create(TrackType.Voice, MediaCodec.Opus, Session, (ulong)Session.GetHashCode()), _call.NowMs);

    public void Speak()
    {
        if (Voice is not null && Speaks)
        {
            Rtc.SendRtp(Voice, new byte[60], _timestamp += 960, hasMarker: false, audioLevel: 30, _call.NowMs);
        }
    }

    public void SendDatagram(ReadOnlySpan<byte> datagram, TransportAddress destination)
    {
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

    public void OnNegotiated()
    {
        // Read from the client's tracks.
    }

    public void OnPacket(ReceivedStream stream, in ReceivedPacket packet, long nowMs)
    {
        uint ssrc = packet.Ssrc;
        string publisher = Rtc.RemoteTracks.FirstOrDefault(track => track.Ssrc == ssrc)?.StreamId ?? "";
        Heard[(publisher, ssrc)] = Heard.GetValueOrDefault((publisher, ssrc)) + 1;
    }

    public void OnKeyFrameRequested(SentTrack track)
    {
        // Audio only here.
    }

    public void OnClosed(RtcClientEnd end)
    {
        // Read from the client's state.
    }
}
