using Calls.Domain.Events;
using Calls.Domain.Jobs;

namespace Calls.Domain.Tests.Jobs;

/// <summary>What happens to the jobs of one call, and who hears of it in which order.</summary>
public sealed class CallJobTests
{
    private static readonly UserId Bot = new("bot");
    private static readonly UserId Alice = new("alice");
    private static readonly UserId Bob = new("bob");
    private static readonly SessionId Recorder = new("recorder");
    private static readonly SessionId Transcriber = new("transcriber");

    [Fact]
    public void A_stop_closes_every_row_before_it_tells_anybody()
    {
        Call call = Recorded(out CallJob recording, out CallJob transcription);

        call.EndJob(JobKind.Recording, 50);

        Assert.All(call.State.Jobs.Values, job => Assert.Equal((50, ""), (job.EndAt, job.Error)));
        Assert.Equal(
            [$"stop {transcription.Id}", "Transcription ended", "Captions ended", $"stop {recording.Id}", "Recording ended"], StoryOf(call));
    }

    [Fact]
    public void A_transcription_that_fails_takes_the_recording_with_it_but_not_its_error()
    {
        Call call = Recorded(out CallJob recording, out _);

        call.EndJob(JobKind.Transcription, 50, "no model", tellWorker: false);

        Assert.Equal(
            [$"stop {recording.Id}", "Recording ended", "Transcription failed: no model", "Captions failed: no model"], StoryOf(call));
        Assert.Equal("", call.State.Jobs[recording.Id].Error);
    }

    [Fact]
    public void A_recorder_that_leaves_ends_the_recording_and_stops_the_transcriber()
    {
        Call call = Recorded(out _, out CallJob transcription);

        call.Remove(Recorder, 50);

        Assert.Equal([$"stop {transcription.Id}", "Transcription ended", "Captions ended", "Recording ended"], StoryOf(call));
    }

    [Fact]
    public void A_transcriber_that_leaves_stops_the_recorder()
    {
        Call call = Recorded(out CallJob recording, out _);

        call.Remove(Transcriber, 50);

        Assert.Equal([$"stop {recording.Id}", "Recording ended", "Transcription ended", "Captions ended"], StoryOf(call));
    }

    [Fact]
    public void A_bot_that_came_back_on_another_connection_still_ends_its_job()
    {
        Call call = Recorded(out CallJob recording, out _);
        call.Rebind(Recorder, new ConnectionId("recorder-2"));
        Assert.Equal(new ConnectionId("recorder-2"), call.State.Jobs[recording.Id].Bot);

        call.Remove(Recorder, 50);

        Assert.Equal(50, call.State.Jobs[recording.Id].EndAt);
    }

    [Fact]
    public void Bots_that_are_alone_are_asked_to_stop_once_and_the_call_ends_with_them()
    {
        Call call = Recorded(out CallJob recording, out CallJob transcription);
        call.Remove(new SessionId("a1"), 50);
        Assert.Equal(
            [$"stop {recording.Id}", $"stop {transcription.Id}"], StoryOf(call).Where(line => line.StartsWith("stop", StringComparison.Ordinal)));
        Assert.Equal(0, call.State.EndAt);
        Assert.All(call.State.Jobs.Values, job => Assert.True(job.IsActive));

        call.Remove(Transcriber, 60);
        call.Remove(Recorder, 70);

        Assert.Equal(70, call.State.EndAt);
        Assert.All(call.State.Jobs.Values, job => Assert.Equal(60, job.EndAt));
    }

    [Fact]
    public void A_user_who_leaves_others_behind_stops_nothing()
    {
        Call call = Recorded(out _, out _);
        call.AddSession(new SessionId("b1"), new ConnectionId("b1"), Bob, 20);
        call.TakeEvents();

        call.Remove(new SessionId("a1"), 50);

        Assert.DoesNotContain(call.TakeEvents(), e => e is JobStopRequested or JobStateChanged);
    }

    [Fact]
    public void A_job_whose_bot_never_came_ends_with_the_call()
    {
        Call call = CallOf(Alice);
        CallJob recording = call.BeginJob(JobKind.Recording, Alice, 10);
        call.TakeEvents();

        call.Remove(new SessionId("a1"), 50);

        Assert.Equal((50, 50), (call.State.EndAt, call.State.Jobs[recording.Id].EndAt));
        JobStateChanged told = Assert.Single(call.TakeEvents().OfType<JobStateChanged>());
        Assert.IsType<EventAudience.OfChannel>(told.Audience);
    }

    [Fact]
    public void A_forced_end_tells_the_channel_of_the_recording_only()
    {
        Call call = Recorded(out CallJob recording, out _);

        call.ForceEnd(50);

        Assert.All(call.State.Jobs.Values, job => Assert.Equal(50, job.EndAt));
        JobStateChanged told = Assert.IsType<JobStateChanged>(Assert.Single(call.TakeEvents()));
        Assert.Equal((recording.Id, 50), (told.Job.Id, told.Job.EndAt));
        Assert.IsType<EventAudience.OfChannel>(told.Audience);
    }

    [Fact]
    public void A_bot_joins_for_a_job_that_waits_for_it_and_for_no_other()
    {
        Call call = CallOf(Alice);
        CallJob recording = call.BeginJob(JobKind.Recording, Alice, 10);
        CallJob captions = call.BeginJob(JobKind.Captions, Alice, 10);

        Assert.Equal(recording, call.FindJoinable(recording.Id));
        Assert.Null(call.FindJoinable(captions.Id));
        Assert.Null(call.FindJoinable(new JobId("another")));
        call.StartJob(JobKind.Recording, 20);
        Assert.Null(call.FindJoinable(recording.Id));
    }

    [Fact]
    public void A_bot_whose_media_could_not_be_set_up_leaves_its_job_waiting()
    {
        Call call = CallOf(Alice);
        CallJob recording = call.BeginJob(JobKind.Recording, Alice, 10);
        Join(call, Recorder, recording);

        call.CancelJoin(Recorder);

        Assert.Null(call.State.Jobs[recording.Id].Bot);
        Assert.True(call.State.Jobs[recording.Id].IsActive);
    }

    [Fact]
    public void Two_bots_are_both_hidden()
    {
        Call call = Call.Start(new ChannelId("channel"), null, Alice, new BotUsers(new UserId("poster"), new UserId("worker")), 1);
        call.AddSession(new SessionId("a1"), new ConnectionId("a1"), Alice, 1);
        call.AddSession(new SessionId("p"), new ConnectionId("p"), new UserId("poster"), 1);
        call.AddSession(new SessionId("w"), new ConnectionId("w"), new UserId("worker"), 1);
        call.Announce(null, null);
        call.TakeEvents();
        call.ConfirmJoin(new SessionId("p"));
        call.ConfirmJoin(new SessionId("w"));
        call.RaiseHand(new SessionId("a1"), 5);

        IReadOnlyList<CallEvent> events = call.TakeEvents();
        Assert.DoesNotContain(events, e => e is UserJoined);
        Assert.Equal([Alice], Assert.IsType<EventAudience.OfParticipants>(events[^1].Audience).Users);
        Assert.Equal([Alice], call.State.Participants);
        Assert.Equal(["worker", "poster"], new BotUsers(new UserId("poster"), new UserId("worker")).All.Select(bot => bot.Value));
    }

    /// <summary>Whatever happens in whatever order, these hold after every step.</summary>
    [Fact]
    public void No_order_of_events_breaks_an_invariant()
    {
        for (int seed = 0; seed < 2_000; seed++)
        {
            Random random = new(seed);
            Call call = CallOf(Alice);
            call.TakeEvents();
            for (int step = 0; step < 25 && call.State.EndAt == 0; step++)
            {
                Act(call, random, step);
                CheckInvariants(call, $"seed {seed}, step {step}");
                call.TakeEvents();
            }
        }
    }

    private static void Act(Call call, Random random, int step)
    {
        CallJob? recording = call.State.ActiveJob(JobKind.Recording);
        CallJob? transcription = call.State.ActiveJob(JobKind.Transcription);
        long now = 100 + step;
        switch (random.Next(9))
        {
            case 0 when recording is null:
                call.BeginJob(JobKind.Recording, Alice, now);
                break;
            case 1 when recording is not null && transcription is null:
                call.BeginJob(JobKind.Transcription, Alice, now);
                call.BeginJob(JobKind.Captions, Alice, now);
                break;
            case 2 when recording is { HasStarted: false }:
                Join(call, new SessionId($"r{step}"), recording);
                break;
            case 3 when transcription is { HasStarted: false }:
                Join(call, new SessionId($"t{step}"), transcription);
                break;
            case 4 when recording is { HasStarted: false }:
                call.StartJob(JobKind.Recording, now);
                break;
            case 5:
                call.EndJob(random.Next(2) == 0 ? JobKind.Recording : JobKind.Transcription, now, random.Next(2) == 0 ? "" : "broken");
                break;
            case 6:
                call.AddSession(new SessionId($"u{step}"), new ConnectionId($"u{step}"), Bob, now);
                break;
            case 7:
                call.Rebind(call.State.Sessions.Keys.First(), new ConnectionId($"c{step}"));
                break;
            default:
                call.Remove(call.State.Sessions.Keys.ElementAt(random.Next(call.State.Sessions.Count)), now);
                break;
        }
    }

    private static void CheckInvariants(Call call, string because)
    {
        CallState state = call.State;
        CallJob[] active = [.. state.Jobs.Values.Where(job => job.IsActive)];
        Assert.True(active.Length == active.Select(job => job.Kind).Distinct().Count(), because);
        Assert.True(state.EndAt == 0 || active.Length == 0, $"a job outlived its call, {because}");
        Assert.True(
            state.ActiveJob(JobKind.Captions) is null == state.ActiveJob(JobKind.Transcription) is null, $"captions without transcription, {because}");
        Assert.True(
            state.ActiveJob(JobKind.Transcription) is null || state.ActiveJob(JobKind.Recording) is not null, $"transcription without recording, {because}");
        Assert.All(state.Jobs.Values, job => Assert.True(job.IsActive || job.EndAt >= job.InitAt, because));

        // Nobody is told that a job goes on after it was told that it ended, and nobody but the bot of stops.
        HashSet<JobId> ended = [];
        foreach (CallEvent raised in call.TakeEvents())
        {
            if (raised is JobStateChanged { Job: var job })
            {
                Assert.True(job.EndAt > 0 || !ended.Contains(job.Id), because);
                if (job.EndAt > 0)
                {
                    ended.Add(job.Id);
                }
            }

            Assert.True(raised is not JobStopRequested || raised.Audience is EventAudience.OfUser { User: var user } && user == Bot, because);
        }
    }

    private static Call Recorded(out CallJob recording, out CallJob transcription)
    {
        Call call = CallOf(Alice);
        recording = call.BeginJob(JobKind.Recording, Alice, 10);
        call.AcceptJob(JobKind.Recording, "service-1");
        transcription = call.BeginJob(JobKind.Transcription, Alice, 11);
        call.BeginJob(JobKind.Captions, Alice, 11);
        call.AcceptJob(JobKind.Transcription, "service-2");
        Join(call, Recorder, recording);
        Join(call, Transcriber, transcription);
        call.StartJob(JobKind.Recording, 20);
        call.StartJob(JobKind.Transcription, 21);
        call.TakeEvents();
        return call;
    }

    private static Call CallOf(UserId owner)
    {
        Call call = Call.Start(new ChannelId("channel"), null, owner, Bot, 1);
        call.AddSession(new SessionId("a1"), new ConnectionId("a1"), owner, 1);
        call.Announce(null, null);
        call.TakeEvents();
        return call;
    }

    private static void Join(Call call, SessionId session, CallJob job)
    {
        call.AddSession(session, new ConnectionId(session.Value), Bot, 15);
        call.AssignBot(job.Id, new ConnectionId(session.Value));
        call.ConfirmJoin(session);
    }

    private static IReadOnlyList<string> StoryOf(Call call) => [.. call.TakeEvents().Select(Line).OfType<string>()];

    private static string? Line(CallEvent raised) => raised switch
    {
        JobStopRequested e => $"stop {e.Job}",
        JobStateChanged { Job: { EndAt: > 0, Error: "" } job } => $"{job.Kind} ended",
        JobStateChanged { Job: { EndAt: > 0 } job } => $"{job.Kind} failed: {job.Error}",
        JobStateChanged { Job: var job } => $"{job.Kind} goes on",
        _ => null,
    };
}
