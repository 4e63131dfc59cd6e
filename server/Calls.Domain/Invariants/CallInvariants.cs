using Calls.Domain.Ports;
using Calls.Domain.Sessions;

namespace Calls.Domain.Invariants;

/// <summary>Checks states of calls against <see cref="CallInvariant"/>.</summary>
public static class CallInvariants
{
    // Beyond the grace: for timers, for the store, and for a removal that has to be repeated.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(25);

    /// <summary>Of the active calls of all channels.</summary>
    public static IEnumerable<CallViolation> OfAll(IReadOnlyList<CallState> active) =>
        from calls in active.GroupBy(call => call.Channel)
        where calls.Count() > 1
        select new CallViolation(CallInvariant.OneCallPerChannel, calls.Key);

    /// <summary>Of one call, whoever serves it.</summary>
    /// <param name="now">Unix milliseconds.</param>
    public static IEnumerable<CallViolation> Of(CallState call, BotUsers bots, long now)
    {
        if (call.EndAt > 0)
        {
            return Broken(!call.Sessions.IsEmpty || call.Host is not null || call.ScreenSharer is not null, CallInvariant.EndedCallIsEmpty);
        }

        bool isWaiting = call.Sessions.IsEmpty && call.Phase == CallPhase.Lost;
        UserId[] users = [.. call.UsersInCall(bots)];
        return
        [
            .. Broken(call.Sessions.IsEmpty && !isWaiting, CallInvariant.CallHasSession),
            .. Broken(!isWaiting && (call.Host is { } host ? !users.Contains(host) : users.Length > 0), CallInvariant.HostInCall),
            .. Broken(call.ScreenSharer is { } sharer && !call.Sessions.ContainsKey(sharer), CallInvariant.SharerInCall),
            .. Broken(call.VideoStartAt.Keys.Any(id => !call.Sessions.ContainsKey(id)), CallInvariant.VideoOfSession),
            .. Broken(users.Any(user => !call.Participants.Contains(user)), CallInvariant.ParticipantRecorded),
            .. Broken(call.Sessions.Values.DistinctBy(session => session.Connection).Count() < call.Sessions.Count, CallInvariant.OneSessionPerConnection),
            .. call.Sessions.Values.SelectMany(OfSession),
        ];

        IEnumerable<CallViolation> OfSession(CallSession session) =>
        [
            .. Broken(session.HasVideo != call.VideoStartAt.ContainsKey(session.Id), CallInvariant.VideoOfSession, session),
            .. Broken(session.JoinedAt < call.StartAt, CallInvariant.SessionWithinCall, session),
            .. Broken(session.IsMediaLost && call.Phase != CallPhase.Lost, CallInvariant.LostMediaExpires, session),
            .. Broken(
                session is { IsMediaLost: false, SocketDownAt: > 0 } && now - session.SocketDownAt > (SessionLifecycle.LongGrace + Tolerance).TotalMilliseconds,
                CallInvariant.LostSocketExpires,
                session),
        ];

        IEnumerable<CallViolation> Broken(bool isBroken, CallInvariant invariant, CallSession? session = null) =>
            isBroken ? [new CallViolation(invariant, call.Channel, session?.Id)] : [];
    }

    /// <summary>Of one call and what the process that serves all of it knows.</summary>
    public static IEnumerable<CallViolation> OfTransports(CallState call, LocalSessions served, IMediaRouter media)
    {
        foreach (CallSession session in call.Sessions.Values.Where(session => !session.IsMediaLost))
        {
            if (served.Find(session.Id) is not { } local || local.Connection != session.Connection || local.Call != call.Id)
            {
                yield return new CallViolation(CallInvariant.SessionHasTransport, call.Channel, session.Id);
            }
            else if (media.SilentFor(session.Id) is null)
            {
                yield return new CallViolation(CallInvariant.SessionHasMedia, call.Channel, session.Id);
            }
        }
    }
}
