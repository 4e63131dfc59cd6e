using Calls.Domain.Events;
using Calls.Domain.Jobs;

namespace Calls.Domain;

/// <summary>The jobs of a call (storage-and-jobs.md 9). Recording and transcription end each other, captions go with the transcription.</summary>
public sealed partial class Call
{
    /// <summary>Begins a job that no job service has accepted yet. There must be no active one of its kind.</summary>
    public CallJob BeginJob(JobKind kind, UserId creator, long now)
    {
        CallJob job = new() { Id = new JobId(RandomId.Next()), Kind = kind, Creator = creator, InitAt = now };
        Put(job);
        return job;
    }

    /// <summary>The job service took the job; its worker is on the way.</summary>
    public void AcceptJob(JobKind kind, string serviceJob)
    {
        foreach (CallJob job in WithCaptions(kind))
        {
            Put(job with { ServiceJob = serviceJob });
        }
    }

    /// <summary>Tells participants and bot where a job stands.</summary>
    public void AnnounceJob(JobKind kind)
    {
        if (State.ActiveJob(kind) is { } job)
        {
            RaiseState(job);
        }
    }

    /// <summary>The active job that a bot may join for: its worker has not reported that it works (signaling.md 3.3, check 16).</summary>
    public CallJob? FindJoinable(JobId id) =>
        State.Jobs.GetValueOrDefault(id) is { IsActive: true, HasStarted: false, Kind: not JobKind.Captions } job ? job : null;

    /// <summary>A bot joined for a job.</summary>
    public void AssignBot(JobId id, ConnectionId bot)
    {
        foreach (CallJob job in WithCaptions(State.Jobs[id].Kind))
        {
            Put(job with { Bot = bot });
        }
    }

    /// <summary>The worker of a job reports that it works.</summary>
    public void StartJob(JobKind kind, long now)
    {
        CallJob[] started = [.. WithCaptions(kind).Select(job => job with { StartAt = now })];
        foreach (CallJob job in started)
        {
            Put(job);
        }

        foreach (CallJob job in started)
        {
            RaiseState(job);
        }
    }

    /// <summary>Ends an active recording or transcription, and what goes with it, in the order of storage-and-jobs.md 9.2.</summary>
    /// <param name="error">Why it failed; empty if it did not.</param>
    /// <param name="tellWorker">Whether its own worker may still be there. The other job's worker is always told.</param>
    public void EndJob(JobKind kind, long now, string error = "", bool tellWorker = true)
    {
        // Every row is closed before the first event: what is told must not contradict the state (storage-and-jobs.md 9.3).
        CallJob[] ended = [.. WithCaptions(kind).Select(job => Close(job, now, error))];
        JobKind other = kind == JobKind.Recording ? JobKind.Transcription : JobKind.Recording;
        CallJob[] stopped = ended.Length == 0 ? [] : [.. WithCaptions(other).Select(job => Close(job, now, ""))];

        RaiseEnd(stopped, tellWorker: true);
        RaiseEnd(ended, tellWorker);
    }

    // The bot is gone, or it is alone (signaling.md 6.5, steps 4 to 6).
    private void FollowUpOnJobs(CallSession gone, long now)
    {
        if (bots.Contains(gone.User))
        {
            // A bot that came back on another connection is known by either (signaling.md 10.4).
            CallJob? left = State.Jobs.Values.FirstOrDefault(job => job.IsActive && job.Kind != JobKind.Captions
                && job.Bot is { } bot && (bot == gone.Connection || bot.Value == gone.Id.Value));
            if (left is not null)
            {
                EndJob(left.Kind, now, tellWorker: false);
            }
        }
        else if (!State.Sessions.IsEmpty && State.UsersInCall(bots).Count == 0)
        {
            RaiseStop(State.ActiveJob(JobKind.Recording));
            RaiseStop(State.ActiveJob(JobKind.Transcription));
        }
    }

    // A job must not outlive its call. Those who hear of it are not in the call any more (signaling.md 6.9).
    private void CloseJobs(long now)
    {
        foreach (CallJob job in State.Jobs.Values.Where(job => job.IsActive))
        {
            CallJob closed = Close(job, now, "");
            if (closed.Kind == JobKind.Recording)
            {
                Raise(new JobStateChanged(Members, State.Channel, closed));
            }
        }
    }

    private void RebindBot(ConnectionId before, ConnectionId after)
    {
        foreach (CallJob job in State.Jobs.Values.Where(job => job.IsActive && job.Bot == before))
        {
            Put(job with { Bot = after });
        }
    }

    private void UnassignBot(SessionId session)
    {
        foreach (CallJob job in State.Jobs.Values.Where(job => job.Bot?.Value == session.Value))
        {
            Put(job with { Bot = null });
        }
    }

    // Captions have no worker of their own: whatever happens to the transcription happens to them.
    private IEnumerable<CallJob> WithCaptions(JobKind kind)
    {
        IEnumerable<JobKind> kinds = kind == JobKind.Transcription ? [kind, JobKind.Captions] : [kind];
        return kinds.Select(State.ActiveJob).OfType<CallJob>().ToArray();
    }

    private CallJob Close(CallJob job, long now, string error)
    {
        CallJob closed = job with { EndAt = now, Error = error };
        Put(closed);
        return closed;
    }

    private void Put(CallJob job) => State = State with { Jobs = State.Jobs.SetItem(job.Id, job) };

    private void RaiseEnd(CallJob[] ended, bool tellWorker)
    {
        if (tellWorker)
        {
            RaiseStop(ended.FirstOrDefault());
        }

        foreach (CallJob job in ended)
        {
            RaiseState(job);
        }
    }

    private void RaiseState(CallJob job) => Raise(new JobStateChanged(Participants, State.Channel, job));

    private void RaiseStop(CallJob? job)
    {
        if (job is not null)
        {
            Raise(new JobStopRequested(new EventAudience.OfUser(bots.Jobs), job.Id));
        }
    }
}
