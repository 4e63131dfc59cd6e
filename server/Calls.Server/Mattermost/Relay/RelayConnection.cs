using System.Threading.Channels;
using Calls.Domain;

namespace Calls.Server.Mattermost.Relay;

/// <summary>
/// One Mattermost connection as its client sees it, over all the sockets that carry it. A mailbox: everything that happens to it
/// is handled by its one loop, in order, and nothing in that loop waits.
/// </summary>
internal sealed partial class RelayConnection
{
    // Events posted but not looked at; reached only if the loop gets no processor for a long time.
    private const int MaxUnhandledEvents = 2048;

    private readonly RelayContext _context;
    private readonly Channel<ConnectionInput> _inbox =
        Channel.CreateUnbounded<ConnectionInput>(new UnboundedChannelOptions { SingleReader = true });

    private ConnectionState _state = ConnectionState.Identifying;
    private ConnectionRecord? _record;
    private SocketPair? _pair;
    private bool _isAttached;
    private bool _opensNext;
    private long _detachedAt;
    private int _queuedEvents;

    /// <summary>A fresh connection over a pair that was just dialled.</summary>
    public RelayConnection(RelayContext context, SocketPair pair, string? token)
    {
        _context = context;
        _pair = pair;
        _isAttached = true;
        _upgradeToken = token;
        _ = RunAsync();
        _ = ExpectProofAsync(pair);
    }

    /// <summary>Whose connection this is, once it was greeted. Any thread.</summary>
    public UserId? User => Volatile.Read(ref _record)?.User;

    /// <summary>Its id, once it was greeted. Any thread.</summary>
    public ConnectionId? Id => Volatile.Read(ref _record)?.Id;

    /// <summary>Hands something to the connection; <c>false</c> when it is dead. Never waits.</summary>
    public bool Post(ConnectionInput input) => _inbox.Writer.TryWrite(input);

    /// <summary>Hands over an event of ours. Never waits; too many end the connection.</summary>
    /// <param name="routedTo">The id under which the connection was found: it may have started anew meanwhile.</param>
    public void Inject(ConnectionId routedTo, InjectedEvent injected)
    {
        int queued = Interlocked.Increment(ref _queuedEvents);
        if (queued <= MaxUnhandledEvents)
        {
            Post(new ConnectionInput.EventInjected(routedTo, injected));
        }
        else if (queued == MaxUnhandledEvents + 1)
        {
            Post(new ConnectionInput.EventsOverflowed());
        }
    }

    private async Task RunAsync()
    {
        while (_state != ConnectionState.Dead && await _inbox.Reader.WaitToReadAsync())
        {
            while (_state != ConnectionState.Dead && _inbox.Reader.TryRead(out ConnectionInput? input))
            {
                try
                {
                    Handle(input);
                }
                catch (Exception exception)
                {
                    // The edge of the loop: one connection fails, the others go on.
                    LogFailed(_context.Log, exception);
                    Kill();
                }
            }
        }

        _inbox.Writer.TryComplete();
        while (_inbox.Reader.TryRead(out ConnectionInput? late))
        {
            Refuse(late);
        }
    }

    private void Handle(ConnectionInput input)
    {
        switch (input)
        {
            case ConnectionInput.UpstreamReceived received:
                OnUpstream(received);
                break;
            case ConnectionInput.ActionReceived action:
                OnAction(action);
                break;
            case ConnectionInput.EventInjected injected:
                OnInjected(injected);
                break;
            case ConnectionInput.MembershipResolved resolved:
                OnMembership(resolved);
                break;
            case ConnectionInput.EventsOverflowed:
                _context.Counters.AddOverflow();
                Kill();
                break;
            case ConnectionInput.PairEnded ended when ended.Pair == _pair && _isAttached:
                Detach();
                break;
            case ConnectionInput.TokenPresented presented when presented.Pair == _pair:
                _challengeToken = UpgradeToken.Shorten(presented.Token);
                break;
            case ConnectionInput.TokenChecked answer:
                OnTokenChecked(answer);
                break;
            case ConnectionInput.TokenEnded ended:
                OnTokenEnded(ended.Token);
                break;
            case ConnectionInput.ReserveRequested reserve:
                OnReserve(reserve);
                break;
            case ConnectionInput.PlanRequested plan:
                OnPlan(plan);
                break;
            case ConnectionInput.ReservationReleased when _state == ConnectionState.Reserved:
                _state = ConnectionState.Detached;
                break;
            case ConnectionInput.PairAttached attached:
                OnAttached(attached);
                break;
            case ConnectionInput.IdentifyTimedOut timedOut when timedOut.Pair == _pair && _state is ConnectionState.Identifying or ConnectionState.Resuming:
                timedOut.Pair.AbortClient();
                break;
            case ConnectionInput.ExpiryChecked when _state == ConnectionState.Detached && HasExpired():
                Kill();
                break;
        }
    }

    private bool HasExpired() => _context.Time.GetElapsedTime(_detachedAt) >= _context.Timings.DetachedLifetime;

    private void Detach()
    {
        _isAttached = false;
        _waitingActions.Clear();
        ReportDisconnected();
        if (_record is null)
        {
            Kill();
            return;
        }

        _state = ConnectionState.Detached;
        _detachedAt = _context.Time.GetTimestamp();
    }

    /// <summary>Ends the connection and forgets its record.</summary>
    /// <param name="closeCode">Sent to the client after what is queued; 0 cuts its socket as Mattermost would.</param>
    private void Kill(int closeCode = 0)
    {
        _state = ConnectionState.Dead;
        _opensNext = false;
        ReportDisconnected();
        Unregister();
        if (closeCode == 0)
        {
            _pair?.AbortClient();
        }
        else
        {
            _pair?.CloseClient(closeCode);
        }
    }

    private void Unregister()
    {
        if (_record is { } record)
        {
            _context.Registry.Remove(record.Id, record.User, this);
        }
    }

    private async Task ExpectProofAsync(SocketPair pair)
    {
        await Task.Delay(_context.Timings.IdentifyTimeout, _context.Time);
        Post(new ConnectionInput.IdentifyTimedOut(pair));
    }

    // Whoever waits for a connection that died must not wait for ever.
    private static void Refuse(ConnectionInput input)
    {
        switch (input)
        {
            case ConnectionInput.UpstreamReceived received:
                received.Pair.ReleaseUpstreamCredit();
                received.Frame.Return();
                break;
            case ConnectionInput.ActionReceived action:
                action.Pair.ReleaseAction();
                break;
            case ConnectionInput.ReserveRequested reserve:
                reserve.Answer.TrySetResult(null);
                break;
            case ConnectionInput.PlanRequested plan:
                plan.Answer.TrySetResult(null);
                break;
            case ConnectionInput.PairAttached attached:
                attached.Pair.AbortClient();
                break;
        }
    }

    [LoggerMessage(EventId = 3001, Level = LogLevel.Error, Message = "A client connection failed and was closed.")]
    private static partial void LogFailed(ILogger log, Exception exception);
}
