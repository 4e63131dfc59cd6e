using System.Buffers;
using Calls.Rtc.Ice;
using Calls.Rtc.Sfu;
using Calls.Rtc.Stun;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Sessions;

/// <summary>
/// One client's connection to a call: its control in a mailbox on the thread pool, its media on the loop that its packets
/// arrive on.
/// </summary>
/// <remarks>
/// Three kinds of threads come here. The mailbox owns <see cref="SessionControl"/>. The owning loop owns the participant's
/// receive state. Any loop may get a check, because checks of different paths arrive on different loops: the ICE agent is
/// locked for those few per second.
/// </remarks>
internal sealed class RtcSession : ISessionControlOutput, IMediaParticipantEvents, IDeadlineOwner
{
    /// <summary>Control items waiting for one session; a client that sends faster than it is handled loses the excess.</summary>
    private const int MailboxCapacity = 512;

    private readonly ISessionHost _host;
    private readonly SessionControl _control;
    private readonly SessionMailbox<SessionWork> _mailbox;
    private readonly DeadlineQueue.Entry _deadline;
    private readonly long _createdMs;
    private readonly SessionMeasurements _measurements;
    private readonly List<IceCredentials> _credentials = [];
    private readonly List<TransportPath> _paths = [];
    private MediaLoop? _owner;
    private long _lastControlPacketMs;
    private int _isClosed;

    public RtcSession(RtcSessionConfig config, RtcCall call, ISessionHost host, SessionEnvironment environment)
    {
        Config = config;
        Call = call;
        _host = host;
        _createdMs = host.NowMs;
        _lastControlPacketMs = _createdMs;
        _measurements = new(host.Measurements, config.GroupId, _createdMs);
        _deadline = new(this);
        Participant = new(config.SessionId, this, host.Ntp, host.Losses) { SendsAv1 = config.Av1Support };
        _control = new(config, environment, Participant, this, _createdMs);
        _mailbox = new(MailboxCapacity, Handle, host.Schedule);
        ScheduleDeadline();
    }

    public RtcSessionConfig Config { get; }

    public RtcCall Call { get; }

    public MediaParticipant Participant { get; }

    /// <summary>For diagnostics and tests: its members belong to the mailbox.</summary>
    public SessionControl Control => _control;

    /// <summary>The loop that owns this session's media; <c>null</c> before the first check.</summary>
    public MediaLoop? Owner => Volatile.Read(ref _owner);

    public bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    /// <summary>Candidates and unusable messages that the client sent so far.</summary>
    public (int Candidates, int Refused) SignalingCounts => (_control.RemoteCandidates, _control.RefusedMessages);

    /// <summary>When the client last proved that it is there, in any protocol.</summary>
    public long LastAuthenticatedMs
    {
        get
        {
            long check = _control.Agent?.LastPacketMs ?? _createdMs;
            return Math.Max(Math.Max(check, Participant.LastAuthenticatedMs), Volatile.Read(ref _lastControlPacketMs));
        }
    }

    public bool TryPostMessage(RtcMessageType type, ReadOnlyMemory<byte> data) =>
        !IsClosed && _mailbox.TryPost(new(SessionWorkKind.Message, type, data));

    public void PostTrackStarted(PublishedTrack track) => _mailbox.TryPost(new(SessionWorkKind.TrackStarted, Track: track), isVital: true);

    public void PostTrackEnded(PublishedTrack track) => _mailbox.TryPost(new(SessionWorkKind.TrackEnded, Track: track), isVital: true);

    public void PostClose(RtcCloseReason reason) => _mailbox.TryPost(new(SessionWorkKind.Close, Reason: reason), isVital: true);

    void IDeadlineOwner.OnDeadline() => _mailbox.TryPost(new(SessionWorkKind.Deadline), isVital: true);

    /// <summary>[loop] A check that names one of our user fragments: proves it, answers it and follows what it says of paths.</summary>
    public CheckResult OnCheck(MediaLoop loop, in StunMessageView check, in DatagramSource source, long nowMs)
    {
        if (_control.Agent is not { } agent || IsClosed)
        {
            return CheckResult.NoSession;
        }

        if (agent.Authenticate(check) != IceAuthentication.Ok || !source.IsOpenTo(this))
        {
            return CheckResult.Forged;
        }

        TransportPath path = source.PathFor(this);
        Span<byte> response = loop.Reserve();
        lock (agent)
        {
            IceAnswer answer = agent.Answer(check, path, nowMs, response);
            if (answer.Length > 0)
            {
                loop.Commit(answer.Length, path);
            }

            Participant.Path = agent.SendPath;
            if (answer.Changes != IceChanges.None)
            {
                Follow(loop, agent, answer.Changes, path);
            }
        }

        Adopt(loop, agent.SelectedPath ?? path);
        return CheckResult.Answered;
    }

    /// <summary>[loop] A connection of this session has ended. Media goes another way at once if there is one.</summary>
    public void OnPathClosed(TransportPath path)
    {
        if (_control.Agent is { } agent)
        {
            lock (agent)
            {
                agent.OnPathClosed(path, _host.NowMs);
                Participant.Path = agent.SendPath;
            }
        }

        lock (_paths)
        {
            _paths.Remove(path);
        }
    }

    /// <summary>[loop] Copies a DTLS datagram to the mailbox: handshakes cost too much for a media loop.</summary>
    public void OnDtls(ReadOnlySpan<byte> datagram)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(datagram.Length);
        datagram.CopyTo(buffer);
        if (!_mailbox.TryPost(new(SessionWorkKind.Dtls, Buffer: buffer, Length: datagram.Length)))
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>[owning loop] The session is over: its media ends, and its addresses are nobody's.</summary>
    public void ReleaseMedia(MediaLoop? loop)
    {
        Participant.Close();
        TransportPath[] paths;
        lock (_paths)
        {
            paths = [.. _paths];
            _paths.Clear();
        }

        foreach (TransportPath path in paths)
        {
            Release(loop, path);
        }
    }

    void ISessionControlOutput.SendDatagram(ReadOnlySpan<byte> datagram)
    {
        if (Participant.Path is { Loop: { } loop } path)
        {
            loop.SendFromAnyThread(datagram, path);
        }
    }

    void ISessionControlOutput.SendToClient(RtcMessageType type, ReadOnlyMemory<byte> data) => _host.Events.OnMessage(Config, type, data);

    void ISessionControlOutput.OnLocalCredentials(IceCredentials credentials)
    {
        _measurements.OnAnswer(_host.NowMs);
        _credentials.Add(credentials);
        _host.AddCredentials(credentials, this);
    }

    void ISessionControlOutput.OnError(RtcErrorKind error)
    {
        _host.Count(error);
        _measurements.OnError(error);
    }

    void ISessionControlOutput.OnAuthenticatedPacket(long nowMs)
    {
        Volatile.Write(ref _lastControlPacketMs, nowMs);
        _measurements.OnAuthenticatedPacket(nowMs);
    }

    void ISessionControlOutput.OnLockTaken(long waitedMs) => _measurements.OnLockTaken(waitedMs);

    void ISessionControlOutput.OnLockReleased(long heldMs) => _measurements.OnLockReleased(heldMs);

    void ISessionControlOutput.OnOfferUnanswered() => _measurements.OnOfferUnanswered();

    void ISessionControlOutput.OnQuality(RtcQuality quality, double value) => _measurements.OnQuality(quality, value);

    void ISessionControlOutput.OnReadyToReceive()
    {
        _measurements.OnDataChannelOpen(_host.NowMs);
        foreach (PublishedTrack track in Call.TracksFor(this))
        {
            _control.OnTrackStarted(track, _host.NowMs);
        }
    }

    void ISessionControlOutput.OnClosed(RtcCloseReason reason)
    {
        Volatile.Write(ref _isClosed, 1);
        foreach (IceCredentials credentials in _credentials)
        {
            _host.RemoveCredentials(credentials);
        }

        if (Owner is null)
        {
            ReleaseMedia(loop: null); // no loop ever saw it; else the owner's next tick does this
        }

        Call.Remove(this);
        _measurements.OnClosed(reason);
        _host.OnClosed(this, reason);
    }

    void IMediaParticipantEvents.OnTrackStarted(PublishedTrack track)
    {
        _host.Traffic.OnTrackStarted(Config.GroupId, track);
        Call.OnTrackStarted(track);
    }

    void IMediaParticipantEvents.OnTrackEnded(PublishedTrack track)
    {
        _host.Traffic.OnTrackEnded(track);
        Call.OnTrackEnded(track);
    }

    void IMediaParticipantEvents.OnRequestsWaiting() =>
        Owner?.Post(new(static (loop, state, _) => ((RtcSession)state!).AnswerRequests(loop), this));

    void IMediaParticipantEvents.OnVoiceActivity(bool isSpeaking) =>
        _host.Events.OnMessage(Config, isSpeaking ? RtcMessageType.VoiceOn : RtcMessageType.VoiceOff, default);

    private static void Release(MediaLoop? current, TransportPath path)
    {
        if (path.Loop is not { } loop)
        {
            return;
        }

        if (loop == current)
        {
            loop.Unregister(path);
        }
        else
        {
            loop.Post(new(static (owner, state, _) => owner.Unregister((TransportPath)state!), path));
        }
    }

    private void Follow(MediaLoop loop, IceLiteAgent agent, IceChanges changes, TransportPath path)
    {
        if (changes.HasFlag(IceChanges.PathValidated))
        {
            loop.Register(path, this);
            lock (_paths)
            {
                _paths.Add(path);
            }

            _mailbox.TryPost(new(SessionWorkKind.PathValidated), isVital: true);
        }

        if (changes.HasFlag(IceChanges.PathsReleased))
        {
            lock (_paths)
            {
                foreach (TransportPath released in agent.ReleasedPaths)
                {
                    _paths.Remove(released);
                    Release(loop, released);
                }
            }
        }

        if (changes.HasFlag(IceChanges.CredentialsRetired) && agent.RetiredCredentials is { } retired)
        {
            _host.RemoveCredentials(retired);
        }
    }

    /// <summary>Media follows the path: the loop that receives from it becomes the owner, handed over by the one before it.</summary>
    private void Adopt(MediaLoop loop, TransportPath path)
    {
        MediaLoop target = path.Loop ?? loop;
        MediaLoop? owner = Owner;
        if (owner is null)
        {
            if (Interlocked.CompareExchange(ref _owner, loop, null) is null)
            {
                _host.Own(loop, this);
            }
        }
        else if (owner != target && target == loop)
        {
            // Until the owner lets go, packets that arrive here are passed on to it: one writer at any time.
            owner.Post(new(static (from, state, index) => ((RtcSession)state!).HandOver(from, (int)index), this, target.Index));
        }
    }

    private void AnswerRequests(MediaLoop loop)
    {
        // The next tick of whoever owns it by now answers, too.
        if (Owner == loop && !IsClosed)
        {
            Participant.AnswerRequests(_host.NowMs, loop);
        }
    }

    private void HandOver(MediaLoop from, int toIndex)
    {
        if (Owner != from || from.Index == toIndex || IsClosed)
        {
            return;
        }

        MediaLoop target = _host.Loop(toIndex);
        _host.Disown(from, this);
        Volatile.Write(ref _owner, target);
        target.Post(new(static (loop, state, _) => ((RtcSession)state!)._host.Own(loop, (RtcSession)state!), this));
    }

    private void Handle(SessionWork work)
    {
        long nowMs = _host.NowMs;
        switch (work.Kind)
        {
            case SessionWorkKind.Message:
                _control.OnMessage(work.MessageType, work.Data, nowMs);
                break;
            case SessionWorkKind.Dtls:
                _control.OnDtlsDatagram(work.Buffer.AsSpan(0, work.Length), nowMs);
                ArrayPool<byte>.Shared.Return(work.Buffer!);
                break;
            case SessionWorkKind.PathValidated:
                _control.OnPathValidated(nowMs);
                break;
            case SessionWorkKind.TrackStarted:
                _control.OnTrackStarted(work.Track!, nowMs);
                break;
            case SessionWorkKind.TrackEnded:
                _control.OnTrackEnded(work.Track!, nowMs);
                break;
            case SessionWorkKind.Deadline:
                _control.HandleDeadline(nowMs);
                break;
            case SessionWorkKind.Close:
                _control.Close(work.Reason);
                break;
        }

        if (IsClosed)
        {
            _control.Dispose();
        }
        else
        {
            FollowConnection();
            ScheduleDeadline();
        }
    }

    private void FollowConnection()
    {
        if (_control.Agent is { } agent)
        {
            lock (agent)
            {
                _measurements.Follow(agent.State);
            }
        }
    }

    private void ScheduleDeadline()
    {
        if (_control.DeadlineMs is { } deadlineMs)
        {
            _host.Deadlines.Schedule(_deadline, deadlineMs);
        }
    }
}
