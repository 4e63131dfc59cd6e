using Calls.Domain.Ports;

namespace Calls.Domain.Sessions;

/// <summary>Starts and joins calls (signaling.md 3.3): all checks in their order, then everything or nothing.</summary>
public sealed class CallJoining
{
    private readonly JoinChecks _checks;
    private readonly CallEntrance _entrance;
    private readonly JoinBatches _batches;
    private readonly CallPosts _posts;
    private readonly TimeProvider _time;

    public CallJoining(
        CallDirectory directory,
        LocalSessions sessions,
        SessionLifecycle lifecycle,
        ICallStore store,
        IMediaRouter media,
        IChatHost host,
        ICallRules rules,
        CallPosts posts,
        BackgroundTasks background,
        TimeProvider time)
    {
        _checks = new JoinChecks(store, host, rules, time);
        _entrance = new CallEntrance(directory, sessions, lifecycle, media, host, rules, posts, time);
        _batches = new JoinBatches(_entrance.EnterAsync, background);
        _posts = posts;
        _time = time;
    }

    /// <summary>Joins of large channels that wait to enter together.</summary>
    public int WaitingCount => _batches.WaitingCount;

    /// <summary>Joins, starting the call if there is none; <c>null</c> on success.</summary>
    public async Task<JoinRefusal?> JoinAsync(JoinRequest request)
    {
        long startedAt = _time.GetTimestamp();
        try
        {
            JoinAdmission admission = await _checks.AdmitAsync(request);
            if (admission.Refusal is { } refusal)
            {
                return refusal;
            }

            Joiner joiner = new(request, admission, _time, startedAt);
            if (_batches.IsFor(request.Channel, admission.MemberCount))
            {
                await _batches.EnterAsync(joiner);
            }
            else
            {
                await _entrance.EnterAsync(request.Channel, [joiner]);
            }

            if (joiner.Refusal?.Reason == JoinRefusalReason.GroupCallsNotAllowed)
            {
                _posts.TellGroupCallsNotAllowed(request.User, request.Channel, request.Thread);
            }

            return joiner.Refusal;
        }
        catch (Exception failure) when (Joiner.Explain(failure) is { } refusal)
        {
            return refusal;
        }
    }
}
