namespace Calls.Domain.Jobs;

/// <summary>What a worker says of its job.</summary>
public enum JobStatus
{
    Started,
    Failed,

    /// <summary>Something else: refused, but only after the job was looked at.</summary>
    Unsupported,
}
