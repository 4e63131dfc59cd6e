using Calls.Domain.Ports;

namespace Calls.Domain.Sessions;

/// <summary>What was found out about a join before the lock.</summary>
/// <param name="Refusal">The join fails whether or not there is a call.</param>
/// <param name="StartRefusal">The join fails if there is no call.</param>
/// <param name="IsTestMode">Only administrators may start calls, and this user is told so.</param>
internal sealed record JoinAdmission(
    JoinRefusal? Refusal, ChatChannel? Channel = null, JoinRefusal? StartRefusal = null, bool IsTestMode = false)
{
    /// <summary>Of the channel.</summary>
    public int MemberCount { get; init; }

    public static JoinAdmission Refused(JoinRefusalReason reason, string detail = "") => new(new JoinRefusal(reason, detail));
}
