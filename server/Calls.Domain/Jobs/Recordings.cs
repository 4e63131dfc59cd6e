using Calls.Domain.Ports;

namespace Calls.Domain.Jobs;

/// <summary>Starts and stops the recording of a call, with its transcription if that is on (storage-and-jobs.md 9.1, 9.2).</summary>
/// <remarks>
/// The lock is not held while the job service creates a worker, which can take minutes: what was true before is looked at again
/// after it.
/// </remarks>
public sealed class Recordings(
    CallDirectory directory, IJobService service, ICallRules rules, JobDeadlines deadlines, RecordingPosts posts, ICallLog log)
{
    private const string RecorderFailed = "failed to create recording job: ";
    private const string TranscriberFailed = "failed to start transcribing job: ";

    /// <exception cref="CallLockException"/>
    /// <exception cref="CallStoreException"/>
    public async Task<RecordingResult> ActAsync(ChannelId channel, UserId requester, RecordingAction action)
    {
        (RecordingResult result, CallState? begun) = await directory.RunAsync(
            channel, CallDirectory.LockLimit, work => BeginAsync(work, requester, action));
        if (begun is null)
        {
            return result;
        }

        try
        {
            return await StartWorkersAsync(begun, result.Job!);
        }
        catch (Exception failure) when (failure is CallLockException or CallStoreException)
        {
            // The row stays as it is; it must not do so for ever.
            deadlines.Watch(begun, result.Job!);
            throw;
        }
    }

    private async Task<(RecordingResult Result, CallState? Begun)> BeginAsync(CallWork work, UserId requester, RecordingAction action)
    {
        if (work.Call is not { } call)
        {
            return (new RecordingResult(RecordingOutcome.NoCallOngoing), null);
        }

        // Administrators of the system are no exception.
        if (call.State.Host != requester)
        {
            return (new RecordingResult(RecordingOutcome.NotHost), null);
        }

        CallJob? current = call.State.ActiveJob(JobKind.Recording);
        switch (action)
        {
            case RecordingAction.Start when current is not null:
                return (new RecordingResult(RecordingOutcome.AlreadyRecording), null);
            case RecordingAction.Start:
                CallJob begun = call.BeginJob(JobKind.Recording, requester, directory.Now);
                call.AnnounceJob(JobKind.Recording);
                await work.CommitAsync();
                return (new RecordingResult(RecordingOutcome.Done, begun), work.Committed);
            case RecordingAction.Stop when current is null:
                return (new RecordingResult(RecordingOutcome.NotRecording), null);
            case RecordingAction.Stop:
                call.EndJob(JobKind.Recording, directory.Now);
                await work.CommitAsync();
                return (new RecordingResult(RecordingOutcome.Done, work.Committed!.Jobs[current.Id]), null);
            default:
                return (new RecordingResult(RecordingOutcome.UnsupportedAction), null);
        }
    }

    private async Task<RecordingResult> StartWorkersAsync(CallState begun, CallJob recording)
    {
        (string? recorder, string? problem) = await OrderAsync(begun, recording, withCaptions: false);
        (RecordingResult? refusal, CallJob? transcription, bool hasCaptions) = await directory.RunAsync(
            begun.Channel, CallDirectory.LockLimit, work => AcceptRecorderAsync(work, begun, recording, recorder, problem));
        if (refusal is not null)
        {
            return refusal;
        }

        if (transcription is not null && await StartTranscriberAsync(begun, transcription, hasCaptions) is { } failure)
        {
            return failure;
        }

        await NoteInPostAsync(begun, recording, transcription);
        return await directory.RunAsync(begun.Channel, CallDirectory.LockLimit, async work =>
        {
            if (Refuse(work, begun, recording) is { } vanished)
            {
                return vanished;
            }

            work.Call!.AnnounceJob(JobKind.Recording);
            await work.CommitAsync();
            CallJob announced = work.Committed!.Jobs[recording.Id];
            deadlines.Watch(begun, announced);
            return new RecordingResult(RecordingOutcome.Done, announced);
        });
    }

    private async Task<(RecordingResult? Refusal, CallJob? Transcription, bool HasCaptions)> AcceptRecorderAsync(
        CallWork work, CallState begun, CallJob recording, string? recorder, string? problem)
    {
        if (Refuse(work, begun, recording) is { } vanished)
        {
            return (vanished, null, false);
        }

        Call call = work.Call!;
        if (recorder is null)
        {
            call.EndJob(JobKind.Recording, directory.Now, RecorderFailed + problem, tellWorker: false);
            await work.CommitAsync();
            return (new RecordingResult(RecordingOutcome.RecorderRefused, Detail: problem!), null, false);
        }

        if (call.State.Jobs[recording.Id].ServiceJob is not null)
        {
            return (new RecordingResult(RecordingOutcome.AlreadyAccepted), null, false);
        }

        call.AcceptJob(JobKind.Recording, recorder);
        CallRules current = rules.Current;
        CallJob? transcription = current.TranscribesRecordings
            ? call.BeginJob(JobKind.Transcription, recording.Creator, directory.Now)
            : null;
        bool hasCaptions = transcription is not null && current.CaptionsLive;
        if (hasCaptions)
        {
            call.BeginJob(JobKind.Captions, recording.Creator, directory.Now);
        }

        call.AnnounceJob(JobKind.Transcription);
        await work.CommitAsync();
        return (null, transcription, hasCaptions);
    }

    private async Task<RecordingResult?> StartTranscriberAsync(CallState begun, CallJob transcription, bool hasCaptions)
    {
        (string? transcriber, string? problem) = await OrderAsync(begun, transcription, hasCaptions);
        return await directory.RunAsync(begun.Channel, CallDirectory.LockLimit, async work =>
        {
            if (Refuse(work, begun, transcription) is { } vanished)
            {
                return vanished;
            }

            Call call = work.Call!;
            if (transcriber is null)
            {
                // The recorder is on its way already: it is told to stop, and the recording is closed (storage-and-jobs.md 9.1).
                call.EndJob(JobKind.Transcription, directory.Now, TranscriberFailed + problem, tellWorker: false);
                await work.CommitAsync();
                return new RecordingResult(RecordingOutcome.TranscriberRefused, Detail: problem!);
            }

            call.AcceptJob(JobKind.Transcription, transcriber);
            call.AnnounceJob(JobKind.Transcription);
            await work.CommitAsync();
            deadlines.Watch(begun, work.Committed!.Jobs[transcription.Id]);
            return null;
        });
    }

    private async Task<(string? ServiceJob, string? Problem)> OrderAsync(CallState call, CallJob job, bool withCaptions)
    {
        try
        {
            // Never given up: a worker that runs while nobody knows of it would be worse than a host who waits.
            JobOrder order = new(job.Kind, job.Id, call.Channel, call.Post, withCaptions);
            return (await service.StartAsync(order, CancellationToken.None), null);
        }
        catch (JobServiceException refused)
        {
            log.Failed("starting a recorder or transcriber", refused);
            return (null, refused.Message);
        }
    }

    private async Task NoteInPostAsync(CallState call, CallJob recording, CallJob? transcription)
    {
        try
        {
            await posts.NoteStartAsync(call, recording, transcription);
        }
        catch (Exception failure) when (failure is ChatHostException or CallLockException or OperationCanceledException)
        {
            log.Failed("noting the recording in the call post", failure);
        }
    }

    private static RecordingResult? Refuse(CallWork work, CallState begun, CallJob job)
    {
        if (work.Call is not { } call || call.Id != begun.Id)
        {
            return new RecordingResult(RecordingOutcome.CallVanished);
        }

        return call.State.ActiveJob(job.Kind)?.Id == job.Id ? null : new RecordingResult(RecordingOutcome.RecordingVanished);
    }
}
