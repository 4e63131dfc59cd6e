using Calls.Domain.Ports;

namespace Calls.Domain.Jobs;

/// <summary>Takes what recorder and transcriber report of their jobs (storage-and-jobs.md 9).</summary>
public sealed class JobReports(CallDirectory directory, ICallLog log)
{
    /// <param name="kind"><c>null</c> if the worker named none that it can have.</param>
    /// <param name="error">Why it failed; only with <see cref="JobStatus.Failed"/>.</param>
    /// <exception cref="CallLockException"/>
    /// <exception cref="CallStoreException"/>
    public Task<JobReportResult> TakeAsync(
        ChannelId channel, JobId id, JobKind? kind, JobStatus status, string error, CancellationToken cancellation) =>
        directory.RunAsync(
            channel,
            CallDirectory.LockLimit,
            async work =>
            {
                if (work.Call is not { } call)
                {
                    return JobReportResult.NoCallOngoing;
                }

                if (kind is not (JobKind.Recording or JobKind.Transcription))
                {
                    return JobReportResult.InvalidKind;
                }

                if (call.State.ActiveJob(kind.Value) is not { } job)
                {
                    return JobReportResult.NoJobOngoing;
                }

                if (job.Id != id)
                {
                    return JobReportResult.AnotherJob;
                }

                switch (status)
                {
                    // A worker may fail at any time, but it starts once.
                    case JobStatus.Failed:
                        call.EndJob(job.Kind, directory.Now, error, tellWorker: false);
                        break;
                    case not JobStatus.Failed when job.HasStarted:
                        return JobReportResult.AlreadyStarted;
                    case JobStatus.Started:
                        call.StartJob(job.Kind, directory.Now);
                        break;
                    default:
                        return JobReportResult.UnsupportedStatus;
                }

                await work.CommitAsync(CancellationToken.None);
                if (status == JobStatus.Failed)
                {
                    log.Failed("the work of recorder or transcriber", new JobServiceException(error));
                }

                return JobReportResult.Done;
            },
            cancellation);
}
