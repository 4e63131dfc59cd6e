using Calls.Rtc.Sdp;

namespace Calls.Rtc.Client;

/// <summary>When a client offers: one offer at a time, under the lock of media.md 5.5 unless it is older than that.</summary>
internal sealed class ClientOffers(ClientNegotiation negotiation, bool usesLock, IClientOffersOutput output)
{
    /// <summary>Pause before a refused lock is asked for again.</summary>
    public const long LockRetryMs = 50;

    /// <summary>How long a change may wait for the lock; the web client then throws.</summary>
    public const long LockLimitMs = 5_000;

    private Step _step;
    private bool _isOpen;
    private long _retryAtMs;
    private long _lockDeadlineMs;

    private enum Step
    {
        Idle,
        AwaitingLock,
        PausingBeforeLock,
        AwaitingAnswer,
        GivenUp,
    }

    /// <summary>Lock requests that were refused.</summary>
    public int Refusals { get; private set; }

    /// <summary>The lock could not be had in time: nothing is offered until <see cref="Change"/> is called again.</summary>
    public bool HasGivenUp => _step == Step.GivenUp;

    public bool HoldsLock { get; private set; }

    public long? DeadlineMs => _step switch
    {
        Step.PausingBeforeLock => Math.Min(_retryAtMs, _lockDeadlineMs),
        Step.AwaitingLock => _lockDeadlineMs,
        _ => null,
    };

    /// <summary>The first offer, before there is a data channel to lock on.</summary>
    public void OfferFirst()
    {
        _step = Step.AwaitingAnswer;
        output.SendOffer(negotiation.CreateOffer());
    }

    public void OnChannelOpen(long nowMs)
    {
        _isOpen = true;
        Continue(nowMs);
    }

    /// <summary>There may be something to offer.</summary>
    public void Change(long nowMs)
    {
        if (_step == Step.GivenUp)
        {
            _step = Step.Idle;
        }

        Continue(nowMs);
    }

    public void OnLockReply(bool isGranted, long nowMs)
    {
        if (_step != Step.AwaitingLock)
        {
            return;
        }

        if (isGranted)
        {
            HoldsLock = true;
            Offer();
            return;
        }

        Refusals++;
        _step = Step.PausingBeforeLock;
        _retryAtMs = nowMs + LockRetryMs;
    }

    /// <summary>Our offer was answered.</summary>
    public void OnAnswered(long nowMs) => Finish(nowMs);

    /// <summary>An offer of the server was answered, and with it one of ours rolled back if it was out.</summary>
    public void OnServerOffer(long nowMs)
    {
        if (_step == Step.AwaitingAnswer && !negotiation.HasPendingOffer)
        {
            Finish(nowMs);
        }
    }

    public void HandleDeadline(long nowMs)
    {
        if (DeadlineMs is null)
        {
            return;
        }

        if (nowMs >= _lockDeadlineMs)
        {
            _step = Step.GivenUp;
        }
        else if (_step == Step.PausingBeforeLock && nowMs >= _retryAtMs)
        {
            _step = Step.AwaitingLock;
            output.SendLockRequest();
        }
    }

    private void Finish(long nowMs)
    {
        _step = Step.Idle;
        if (HoldsLock)
        {
            HoldsLock = false;
            output.SendUnlock();
        }

        Continue(nowMs);
    }

    private void Continue(long nowMs)
    {
        if (!_isOpen || _step != Step.Idle || !negotiation.NeedsOffer)
        {
            return;
        }

        if (usesLock)
        {
            _step = Step.AwaitingLock;
            _lockDeadlineMs = nowMs + LockLimitMs;
            output.SendLockRequest();
        }
        else
        {
            Offer();
        }
    }

    private void Offer()
    {
        _step = Step.AwaitingAnswer;
        output.SendOffer(negotiation.CreateOffer());
    }
}
