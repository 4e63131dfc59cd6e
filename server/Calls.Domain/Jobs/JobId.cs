namespace Calls.Domain.Jobs;

/// <summary>The record of one job: what recorder and transcriber are told, not the job service's own id (rest-api.md 1.2).</summary>
public readonly record struct JobId(string Value)
{
    public override string ToString() => Value;
}
