using Calls.Rtc.Ice;
using Calls.Rtc.Sessions;
using Calls.Rtc.Sfu;
using Calls.Rtc.Stun;
using Calls.Rtc.Transport;

namespace Calls.Rtc.PeerTests;

/// <summary>The server's side of one participant: the real control and media, without threads and sockets.</summary>
internal sealed class ServerPeer : ISessionControlOutput, IMediaParticipantEvents
{
    private readonly PeerCall _call;
    private readonly byte[] _response = new byte[StunWriter.MaxSize];

    public ServerPeer(PeerCall call, RtcSessionConfig config, SessionEnvironment environment, NtpClock ntp)
    {
        _call = call;
        Config = config;
        Participant = new(config.SessionId, this, ntp);
        Control = new(config, environment, Participant, this, call.NowMs);
    }

    public RtcSessionConfig Config { get; }

    public MediaParticipant Participant { get; }

    public SessionControl Control { get; }

    public HashSet<TransportAddress> Validated { get; } = [];

    public List<RtcCloseReason> Closed { get; } = [];

    public List<(RtcMessageType Type, string Json)> SentToClient { get; } = [];

    public List<bool> VoiceActivity { get; } = [];

    public int DtlsSent { get; private set; }

    public int ChecksAnswered { get; private set; }

    public void Receive(byte[] datagram, TransportAddress from)
    {
        PacketKind kind = PacketDemuxer.Classify(datagram);
        if (kind == PacketKind.Stun)
        {
            OnStun(datagram, from);
        }
        else if (Validated.Contains(from))
        {
            byte[] slot = new byte[PacketBuffer.Capacity];
            datagram.CopyTo(slot, 0);
            switch (kind)
            {
                case PacketKind.Dtls:
                    Control.OnDtlsDatagram(datagram, _call.NowMs);
                    break;
                case PacketKind.Rtp:
                    Participant.ReceiveRtp(slot.AsSpan(0, datagram.Length), _call.NowMs, _call.Sink);
                    break;
                case PacketKind.Rtcp:
                    Participant.ReceiveRtcp(slot.AsSpan(0, datagram.Length), _call.NowMs, _call.Sink);
                    break;
            }
        }
    }

    void ISessionControlOutput.SendDatagram(ReadOnlySpan<byte> datagram)
    {
        if (Participant.Path is { } path)
        {
            DtlsSent++;
            _call.Network.Send(PeerCall.ServerAddress, path.Remote, datagram, _call.NowMs);
        }
    }

    void ISessionControlOutput.SendToClient(RtcMessageType type, ReadOnlyMemory<byte> data)
    {
        SentToClient.Add((type, System.Text.Encoding.UTF8.GetString(data.Span)));
        _call.SignalToClient(Config.SessionId, data.ToArray());
    }

    void ISessionControlOutput.OnLocalCredentials(IceCredentials credentials) => _call.ByUfrag[credentials.Ufrag] = this;

    void ISessionControlOutput.OnAuthenticatedPacket(long nowMs)
    {
        // Only the server's API asks for it.
    }

    void ISessionControlOutput.OnReadyToReceive()
    {
        foreach (PublishedTrack track in _call.Tracks.Where(track => track.Publisher != Participant).OrderBy(static track => track.Type))
        {
            Control.OnTrackStarted(track, _call.NowMs);
        }
    }

    void ISessionControlOutput.OnClosed(RtcCloseReason reason)
    {
        Closed.Add(reason);
        foreach (PublishedTrack track in _call.Tracks.Where(track => track.Publisher == Participant).ToArray())
        {
            ((IMediaParticipantEvents)this).OnTrackEnded(track);
        }

        Participant.Close();
        Validated.Clear();
    }

    void IMediaParticipantEvents.OnTrackStarted(PublishedTrack track)
    {
        _call.Tracks.Add(track);
        _call.Defer(() => _call.Others(this).ForEach(other => other.Control.OnTrackStarted(track, _call.NowMs)));
    }

    void IMediaParticipantEvents.OnTrackEnded(PublishedTrack track)
    {
        _call.Tracks.Remove(track);
        _call.Defer(() => _call.Others(this).ForEach(other => other.Control.OnTrackEnded(track, _call.NowMs)));
    }

    void IMediaParticipantEvents.OnVoiceActivity(bool isSpeaking) => VoiceActivity.Add(isSpeaking);

    private void OnStun(byte[] datagram, TransportAddress from)
    {
        if (!StunMessageView.TryParse(datagram, out StunMessageView check)
            || Control.Agent is not { } agent
            || agent.Authenticate(check) != IceAuthentication.Ok)
        {
            return;
        }

        var path = new EmulatedPath(from);
        IceAnswer answer = agent.Answer(check, path, _call.NowMs, _response);
        if (answer.Length > 0)
        {
            ChecksAnswered++;
            _call.Network.Send(PeerCall.ServerAddress, from, _response.AsSpan(0, answer.Length), _call.NowMs);
        }

        Participant.Path = agent.SendPath;
        if (answer.Changes.HasFlag(IceChanges.PathValidated))
        {
            Validated.Add(from);
            Control.OnPathValidated(_call.NowMs);
        }
    }
}
