using Calls.Domain.Invariants;
using Calls.Server.Observability.Metrics;

namespace Calls.Server.Signaling;

/// <summary>Findings of the audit as metrics, and in the program's log.</summary>
internal sealed partial class CallAuditReport(CallsMetrics metrics, ILogger<CallAuditReport> log) : ICallAuditReport
{
    public void Checked() => metrics.InvariantChecks.With().Add();

    public void Violated(CallViolation violation)
    {
        metrics.InvariantViolations.With($"{violation.Invariant}").Add();
        LogViolated(violation.Invariant, violation.Channel, violation.Session);
    }

    [LoggerMessage(2102, LogLevel.Error, "A call is not as it must be: {Invariant} does not hold in channel {Channel}, session {Session}. This is a defect; please report it")]
    private partial void LogViolated(CallInvariant invariant, Calls.Domain.ChannelId channel, Calls.Domain.SessionId? session);
}
