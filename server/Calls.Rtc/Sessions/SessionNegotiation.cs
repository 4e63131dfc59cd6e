using Calls.Rtc.Sdp;

namespace Calls.Rtc.Sessions;

/// <summary>
/// When to offer, when to answer, and what to do when the other side is silent (media.md 3.2, 3.3, 3.7): one outstanding
/// negotiation at a time, all pending changes in one offer, and nothing that a client does or omits may block it for good.
/// </summary>
/// <remarks>Pure; owned by one session's mailbox.</remarks>
internal sealed class SessionNegotiation(PeerNegotiation peer, bool offersOnDataChannel, INegotiationOutput output)
{
    /// <summary>Tracks that appear together are offered together (media.md 3.7).</summary>
    public const long CoalesceMs = 30;

    /// <summary>The same for a client that was offered to within <see cref="BusyMs"/>: in a large call that fills or empties, each listener takes a few offers instead of one per speaker.</summary>
    public const long BusyCoalesceMs = 200;

    public const long BusyMs = 1_000;

    /// <summary>A withdrawal alone waits for company: its track is silent already (media.md 3.6).</summary>
    public const long WithdrawalMs = 500;

    /// <summary>How long our offer waits for its answer.</summary>
    public const long AnswerTimeoutMs = 10_000;

    /// <summary>How long a WebSocket offer is held for the acknowledgement of its media map (media.md 3.7).</summary>
    public const long MapAcknowledgementMs = 500;

    /// <summary>Offers in a row without an answer after which the session is given up (DEV-8).</summary>
    public const int MaxUnanswered = 3;

    private readonly NegotiationLock _lock = new();
    private bool _channelOpen;
    private bool _failed;
    private int _unanswered;
    private bool _missedAnswer;
    private long? _offerDueMs;
    private long _lastOfferMs = long.MinValue;
    private PendingOffer? _pending;

    /// <summary>Client offers that were dropped because ours was out (media.md 3.3, glare).</summary>
    public int GlareCount { get; private set; }

    /// <summary>Offers of ours so far.</summary>
    public int OfferCount { get; private set; }

    /// <summary>Descriptions of the client that could not be applied.</summary>
    public int RefusedCount { get; private set; }

    /// <summary>When <see cref="HandleDeadline"/> wants to be called next, in monotonic milliseconds.</summary>
    public long? DeadlineMs
    {
        get
        {
            long? deadline = _lock.DeadlineMs;
            if (_pending is { } pending)
            {
                deadline = Earlier(deadline, pending.SentAtMs is { } sent ? sent + AnswerTimeoutMs : pending.CreatedAtMs + MapAcknowledgementMs);
            }
            else if (_offerDueMs is { } due && _lock.Owner == LockOwner.None)
            {
                deadline = Earlier(deadline, due);
            }

            return _failed ? null : deadline;
        }
    }

    /// <summary>The data channel opened: from now on tracks can be delivered.</summary>
    public void OnChannelOpen(long nowMs)
    {
        _channelOpen = true;
        NoteChange(nowMs);
    }

    public void Want(OutgoingTrack track, long nowMs)
    {
        peer.Want(track);
        NoteChange(nowMs);
    }

    public void Unwant(string trackId, long nowMs)
    {
        peer.Unwant(trackId);
        NoteChange(nowMs, WithdrawalMs);
    }

    /// <summary>Applies an offer or answer of the client. <c>false</c>: it was refused or ignored.</summary>
    public bool OnDescription(SessionDescriptionMessage description, SignalingPath path, long nowMs)
    {
        bool applied = description.IsOffer ? OnOffer(description.Sdp, path, nowMs) : OnAnswer(description.Sdp, nowMs);
        if (applied && _lock.Owner == LockOwner.Client)
        {
            _lock.Renew(nowMs);
        }

        if (applied)
        {
            output.OnDescriptionApplied();
            NoteChange(nowMs);
        }

        return applied;
    }

    public void OnLock(long nowMs) => output.SendLockReply(_lock.TryAcquire(LockOwner.Client, nowMs));

    /// <summary>The client gives the lock back; ignored when it does not hold it.</summary>
    public bool OnUnlock(long nowMs)
    {
        bool released = _lock.Release(LockOwner.Client);
        TryOffer(nowMs);
        return released;
    }

    /// <summary>The client has received everything on the data channel up to message <paramref name="number"/>.</summary>
    public void OnChannelAcknowledged(long number, long nowMs)
    {
        if (_pending is { SentAtMs: null } pending && number >= pending.MapNumber)
        {
            SendPending(pending, nowMs);
        }
    }

    public void HandleDeadline(long nowMs)
    {
        if (_failed)
        {
            return;
        }

        _lock.Expire(nowMs);
        if (_pending is { SentAtMs: null } held && nowMs >= held.CreatedAtMs + MapAcknowledgementMs)
        {
            SendPending(held, nowMs);
        }
        else if (_pending is { SentAtMs: { } sent } && nowMs >= sent + AnswerTimeoutMs)
        {
            AbandonOffer(nowMs);
        }

        TryOffer(nowMs);
    }

    private bool OnOffer(string sdp, SignalingPath path, long nowMs)
    {
        NegotiationResult result = peer.TryApplyOffer(sdp, out string answer);
        if (result != NegotiationResult.Ok)
        {
            // Ours is out: we are the impolite side, the client rolls back and answers ours (media.md 3.3).
            GlareCount += result == NegotiationResult.WrongState ? 1 : 0;
            RefusedCount++;
            if (result == NegotiationResult.TooManySections)
            {
                Fail(); // every later description would be larger still (media.md 9.7)
            }

            return false;
        }

        output.SendDescription(path, new(IsOffer: false, answer));
        return true;
    }

    private bool OnAnswer(string sdp, long nowMs)
    {
        // A late answer to an abandoned offer must not be taken for the answer to the next one (DEV-8).
        if (_pending is not { SentAtMs: not null } || peer.TryApplyAnswer(sdp) != NegotiationResult.Ok)
        {
            RefusedCount++;

            // One answer too many: the one before may have been meant for an offer that we gave up, and this one for the
            // last. Nothing in an answer tells, so the client is asked once more.
            if (_pending is null && _missedAnswer)
            {
                _missedAnswer = false;
                peer.OfferAgain();
                NoteChange(nowMs);
            }

            return false;
        }

        output.OnLockReleased(nowMs - _pending.CreatedAtMs);
        _pending = null;
        _unanswered = 0;
        _lock.Release(LockOwner.Server);
        return true;
    }

    private void NoteChange(long nowMs, long waitMs = CoalesceMs)
    {
        if (!peer.NeedsOffer)
        {
            _offerDueMs = null;
            return;
        }

        bool isBusy = _lastOfferMs != long.MinValue && nowMs - _lastOfferMs < BusyMs;
        _offerDueMs = Earlier(_offerDueMs, nowMs + (isBusy ? Math.Max(waitMs, BusyCoalesceMs) : waitMs));
        TryOffer(nowMs);
    }

    private void TryOffer(long nowMs)
    {
        if (!_channelOpen || _failed || _pending is not null || _offerDueMs is not { } due || nowMs < due
            || !_lock.TryAcquire(LockOwner.Server, nowMs))
        {
            return;
        }

        output.OnLockTaken(nowMs - due);
        _offerDueMs = null;
        _lastOfferMs = nowMs;
        OfferCount++;
        string offer = peer.CreateOffer(out IReadOnlyList<MediaMapEntry> map);
        _pending = new PendingOffer(offer, output.SendMediaMap(map), nowMs);
        if (offersOnDataChannel)
        {
            SendPending(_pending, nowMs); // one ordered channel: the map arrives first by itself
        }
    }

    private void SendPending(PendingOffer pending, long nowMs)
    {
        pending.SentAtMs = nowMs;
        output.SendDescription(
            offersOnDataChannel ? SignalingPath.DataChannel : SignalingPath.WebSocket,
            new(IsOffer: true, pending.Sdp));
    }

    private void AbandonOffer(long nowMs)
    {
        peer.Rollback();
        _missedAnswer = true;
        output.OnLockReleased(nowMs - _pending!.CreatedAtMs);
        output.OnOfferUnanswered();
        _pending = null;
        _lock.Release(LockOwner.Server);
        if (++_unanswered >= MaxUnanswered)
        {
            Fail();
            return;
        }

        NoteChange(nowMs);
    }

    private void Fail()
    {
        _failed = true;
        output.OnNegotiationFailed();
    }

    private static long Earlier(long? first, long second) => first is { } value && value < second ? value : second;

    /// <summary>An offer of ours: created, then sent once its media map arrived, then answered or abandoned.</summary>
    private sealed class PendingOffer(string sdp, long mapNumber, long createdAtMs)
    {
        public string Sdp { get; } = sdp;

        public long MapNumber { get; } = mapNumber;

        public long CreatedAtMs { get; } = createdAtMs;

        public long? SentAtMs { get; set; }
    }
}
