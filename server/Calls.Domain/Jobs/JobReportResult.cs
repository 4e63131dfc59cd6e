namespace Calls.Domain.Jobs;

/// <summary>What became of a worker's report, in the order of the checks (rest-api.md 4.10).</summary>
public enum JobReportResult
{
    Done,
    NoCallOngoing,
    InvalidKind,
    NoJobOngoing,
    AnotherJob,
    AlreadyStarted,
    UnsupportedStatus,
}
