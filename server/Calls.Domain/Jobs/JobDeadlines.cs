using Calls.Domain.Ports;

namespace Calls.Domain.Jobs;

/// <summary>Ends jobs whose worker does not come (storage-and-jobs.md 9).</summary>
public sealed class JobDeadlines(CallDirectory directory, BackgroundTasks background, ICallLog log)
{
    /// <summary>How long a worker has to report that it works, once the job service has accepted the job.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Gives the worker of a job its time, from now on.</summary>
    public void Watch(CallState call, CallJob job) =>
        background.RunAfter(Limit, "ending a job whose worker did not come", () => ExpireAsync(call.Channel, call.Id, job));

    private Task ExpireAsync(ChannelId channel, CallId callId, CallJob watched) =>
        directory.RunAsync(channel, CallDirectory.LockLimit, async work =>
        {
            if (work.Call is not { } call || call.Id != callId
                || call.State.ActiveJob(watched.Kind) is not { HasStarted: false } job
                || job.Id != watched.Id)
            {
                return;
            }

            string name = job.Kind == JobKind.Recording ? "recording" : "transcriber";
            string problem = $"failed to start {name} job: timed out waiting for bot to join call";
            call.EndJob(job.Kind, directory.Now, problem);
            await work.CommitAsync();
            log.Failed("waiting for recorder or transcriber", new JobServiceException(problem));
        });
}
