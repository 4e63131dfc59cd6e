using Calls.Domain;
using Calls.Server.Mattermost.Identity;
using Calls.Server.Signaling;

namespace Calls.Server.Mattermost.Relay;

/// <content>Calls actions in, Calls events out, and the gate before both.</content>
internal sealed partial class RelayConnection
{
    private static readonly TimeSpan FirstCheckRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastCheckRetry = TimeSpan.FromSeconds(30);

    private readonly WaitingActions _waitingActions = new();
    private string? _upgradeToken;
    private string? _challengeToken;
    private string? _token;
    private TokenAuth? _auth;
    private CallsGate _gate = CallsGate.Checking;
    private bool _isChecking;
    private int _checks;
    private bool _isReported;
    private ChannelId? _asked;
    private volatile bool _isCallSocket;

    /// <summary>The checked token, if the connection takes part in a call: to be checked again and again. Any thread.</summary>
    public string? CallToken => _isCallSocket ? Volatile.Read(ref _token) : null;

    /// <summary>Whether this is the token the connection was checked with. Any thread.</summary>
    public bool Knows(string token) => Volatile.Read(ref _token) == token;

    private bool IsOpen => _state == ConnectionState.Live && _gate == CallsGate.Open;

    private void OnAction(ConnectionInput.ActionReceived action)
    {
        action.Pair.ReleaseAction();
        if (action.Pair != _pair || !_isAttached)
        {
            return;
        }

        if (_gate == CallsGate.Closed)
        {
            // A second factor may have been set up meanwhile; the answer is cached, so this costs little.
            CheckToken();
        }
        else if (IsOpen)
        {
            Deliver(action.Frame);
        }
        else if (!_waitingActions.TryAdd(action.Frame, action.Bytes))
        {
            Kill();
        }
    }

    private void Deliver(ClientFrame frame)
    {
        // The host's own keepalive, should it ever arrive in our name (mattermost-integration.md 3.4).
        if (frame.Action == "ping")
        {
            return;
        }

        _isCallSocket = frame.Action switch
        {
            "join" or "reconnect" => true,
            "leave" => false,
            _ => _isCallSocket,
        };
        Peer peer = _pair!.Peer;
        _context.Clients.Message(new ClientMessage(
            _record!.Id, _record.User, _auth!, frame.Action, frame.Data, peer.Address, peer.ForwardedFor));
    }

    private void Open()
    {
        if (_state != ConnectionState.Live)
        {
            return;
        }

        if (_gate != CallsGate.Open)
        {
            CheckToken();
            return;
        }

        if (!_isReported)
        {
            _isReported = true;
            _context.Clients.Connected(_record!.Id, _record.User);
        }

        while (_waitingActions.TryTake(out ClientFrame frame))
        {
            Deliver(frame);
        }

        SendPending();
    }

    private void ReportDisconnected()
    {
        if (_isReported && _record is { } record)
        {
            _isReported = false;
            _context.Clients.Disconnected(record.Id, record.User);
        }
    }

    private void CheckToken()
    {
        if (_isChecking)
        {
            return;
        }

        _isChecking = true;
        string?[] candidates = [_upgradeToken, _challengeToken];
        _ = CheckTokenAsync(Interlocked.Increment(ref _checks), [.. candidates.OfType<string>().Distinct()]);
    }

    // Mattermost took the token of the upgrade if it was good, else that of the challenge (mattermost-integration.md 9.1).
    private async Task CheckTokenAsync(int attempt, string[] candidates)
    {
        TimeSpan wait = FirstCheckRetry;
        while (attempt == Volatile.Read(ref _checks) && _state != ConnectionState.Dead)
        {
            bool isUnknown = false;
            foreach (string token in candidates)
            {
                TokenIdentityAnswer answer = await _context.Tokens.ResolveAsync(token, CancellationToken.None);
                isUnknown = answer.Result == IdentityResult.Unknown;
                if (answer.Result != IdentityResult.Unauthenticated)
                {
                    if (!isUnknown)
                    {
                        Post(new ConnectionInput.TokenChecked(attempt, token, answer.Result, answer.User));
                        return;
                    }

                    break;
                }
            }

            if (!isUnknown)
            {
                Post(new ConnectionInput.TokenChecked(attempt, "", IdentityResult.Unauthenticated, new UserId("")));
                return;
            }

            _context.Counters.AddUnansweredToken();
            await Task.Delay(wait, _context.Time);
            wait = wait * 2 < LastCheckRetry ? wait * 2 : LastCheckRetry;
        }
    }

    private void OnTokenChecked(ConnectionInput.TokenChecked answer)
    {
        if (answer.Attempt != _checks || _record is null)
        {
            return;
        }

        _isChecking = false;
        if (answer.Result != IdentityResult.Valid)
        {
            _gate = CallsGate.Closed;
            _waitingActions.Clear();
            _record.Pending.Clear();
            return;
        }

        if (answer.User != _record.User)
        {
            // Cannot happen unless Mattermost and we read the request differently (mattermost-integration.md 9.1).
            Kill();
            return;
        }

        Volatile.Write(ref _token, answer.Token);
        _auth = new TokenAuth(answer.Token);
        _gate = CallsGate.Open;
        Open();
    }

    // Its main socket is left to Mattermost, which goes silent on it (mattermost-integration.md 9.4).
    private void OnTokenEnded(string token)
    {
        if (_token != token || _record is null)
        {
            return;
        }

        _gate = CallsGate.Closed;
        _record.Pending.Clear();
        if (_isCallSocket)
        {
            _context.Clients.AuthEnded(_record.Id, _record.User);
            Kill(closeCode: 1008);
        }
    }

    private void OnInjected(ConnectionInput.EventInjected injected)
    {
        Interlocked.Decrement(ref _queuedEvents);
        if (_record is null || _record.Id != injected.Connection || _gate == CallsGate.Closed)
        {
            return;
        }

        if (!_record.TryPend(injected.Event))
        {
            _context.Counters.AddOverflow();
            Kill();
            return;
        }

        SendPending();
    }

    private void OnMembership(ConnectionInput.MembershipResolved resolved)
    {
        if (_asked != resolved.Channel || _record is null)
        {
            return;
        }

        _asked = null;
        while (!resolved.IsKnown && _record.Pending.TryPeek(out InjectedEvent? head) && head.MembersOf == resolved.Channel)
        {
            // Nobody gets what he may not be allowed to see (mattermost-integration.md 9.8).
            _record.Pending.Dequeue();
            _context.Counters.AddUnverified();
        }

        SendPending();
    }

    // In production order: an event whose addressee is not yet known to be a member holds back those behind it.
    private void SendPending()
    {
        while (IsOpen && _asked is null && _record!.Pending.TryPeek(out InjectedEvent? next))
        {
            bool? isAllowed = next.MembersOf is { } channel ? _context.Membership.Find(channel, _record.User) : true;
            if (isAllowed is null)
            {
                Ask(next.MembersOf!.Value);
                return;
            }

            _record.Pending.Dequeue();
            if (isAllowed.Value)
            {
                Send(next);
            }
        }
    }

    private void Ask(ChannelId channel)
    {
        _asked = channel;
        _context.Membership.Resolve(channel, _record!.User, isKnown => Post(new ConnectionInput.MembershipResolved(channel, isKnown)));
    }

    private void Send(InjectedEvent injected)
    {
        int queued = _pair!.Queued;
        if (injected.IsDroppable && queued >= SocketPair.MaxQueued / 2)
        {
            _context.Counters.AddDropped();
        }
        else if (queued >= SocketPair.MaxQueued)
        {
            // As Mattermost does with a client that does not read (mattermost-integration.md 3.10).
            _context.Counters.AddOverflow();
            Kill();
        }
        else
        {
            _pair.SendToClient(new ClientFrameOut(_record!.Inject(injected), IsText: true, FrameOrigin.Injected));
        }
    }
}
