using System.Collections.Immutable;
using Calls.Domain;
using Calls.Domain.Jobs;
using Calls.Domain.Ports;
using Calls.Server.Tests.Persistence.Testing;

namespace Calls.Server.Tests.Persistence;

/// <summary>What every store of calls must do. One class per database derives from it.</summary>
public abstract class CallStoreContract
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    protected static readonly ChannelId Channel = new("channel");

    protected abstract ICallStore Store { get; }

    protected static CallState Started => new()
    {
        Id = new CallId("call"),
        Channel = Channel,
        Owner = new UserId("alice"),
        StartAt = 1000,
        Phase = CallPhase.Starting,
        ChannelKind = ChannelKind.Direct,
        Participants = [new UserId("alice")],
        Host = new UserId("alice"),
        Sessions = Sessions(new CallSession
        {
            Id = new SessionId("s1"),
            User = new UserId("alice"),
            JoinedAt = 1001,
            Connection = new ConnectionId("s1"),
        }),
    };

    [StoreFact]
    public async Task A_new_call_reads_back_as_it_was_written()
    {
        await SaveAsync(null, Started);

        AssertSame(Started, await ReadAsync());
    }

    [StoreFact]
    public async Task Every_field_of_a_changed_call_reads_back()
    {
        await SaveAsync(null, Started);
        CallState changed = Started with
        {
            Phase = CallPhase.Lost,
            LostAt = 5000,
            EventNumber = 17,
            Post = new PostId("post"),
            Thread = new PostId("thread"),
            Host = new UserId("bob"),
            LockedHost = new UserId("bob"),
            ScreenSharer = new SessionId("s2"),
            ScreenStartAt = 4,
            VideoStartAt = ImmutableDictionary<SessionId, long>.Empty.Add(new SessionId("s2"), 3),
            Participants = [new UserId("alice"), new UserId("bob")],
            Dismissed = [new UserId("carol")],
            Statistics = new CallStatistics(10, 20, true, true),
            Sessions = Sessions(
                Started.Sessions[new SessionId("s1")] with
                {
                    IsUnmuted = true,
                    RaisedHandAt = 1234,
                    HasVideo = true,
                    Connection = new ConnectionId("s9"),
                    Binding = 3,
                    SocketDownAt = 4321,
                    IsMediaLost = true,
                },
                new CallSession
                {
                    Id = new SessionId("s2"),
                    User = new UserId("bob"),
                    JoinedAt = 2000,
                    Connection = new ConnectionId("s2"),
                }),
        };

        await SaveAsync(Started, changed);
        AssertSame(changed, await ReadAsync());

        CallState fewer = changed with { Sessions = changed.Sessions.Remove(new SessionId("s1")) };
        await SaveAsync(changed, fewer);
        AssertSame(fewer, await ReadAsync());
    }

    [StoreFact]
    public async Task Jobs_read_back_in_every_state_until_they_end()
    {
        CallJob begun = Job("r1", JobKind.Recording);
        await SaveAsync(null, Started with { Jobs = Jobs(begun) });
        AssertSame(Started with { Jobs = Jobs(begun) }, await ReadAsync());

        CallJob started = begun with { ServiceJob = "c0ffee123456", Bot = new ConnectionId("bot1"), StartAt = 4000 };
        CallJob transcription = Job("t1", JobKind.Transcription);
        CallJob captions = Job("c1", JobKind.Captions) with { ServiceJob = "c0ffee123456" };
        CallState running = Started with { Jobs = Jobs(started, transcription, captions) };
        await SaveAsync(Started with { Jobs = Jobs(begun) }, running);
        AssertSame(running, await ReadAsync());

        // What has ended is written once, and read no more.
        CallJob failed = transcription with { EndAt = 5000, Error = "no room \"here\"" };
        await SaveAsync(running, running with { Jobs = Jobs(started, failed, captions) });
        CallState? read = await ReadAsync();
        AssertSame(running with { Jobs = Jobs(started, captions) }, read);
        Assert.Equal(started, read!.ActiveJob(JobKind.Recording));
        Assert.Null(read.ActiveJob(JobKind.Transcription));
        Assert.Equal([started.Id, captions.Id], Assert.Single(await Store.GetActiveCallsAsync(default)).Jobs.Keys.OrderByDescending(id => id.Value));
    }

    [StoreFact]
    public async Task A_job_that_cannot_be_created_says_so()
    {
        CallState recorded = Started with { Jobs = Jobs(Job("r1", JobKind.Recording)) };
        await SaveAsync(null, recorded);

        CallStoreException failure = await Assert.ThrowsAsync<CallStoreException>(() => SaveAsync(
            null, recorded with { Id = new CallId("another"), Channel = new ChannelId("another"), Sessions = Sessions() }));

        Assert.Equal(StoreOperation.CreateJob, failure.Operation);
        Assert.Null(await Store.GetActiveCallAsync(new ChannelId("another"), default));
    }

    [StoreFact]
    public async Task An_ended_call_is_not_active_and_waits_for_its_post()
    {
        await SaveAsync(null, Started);
        CallState ended = Started with
        {
            EndAt = 9000,
            Post = new PostId("post"),
            Phase = CallPhase.Ending,
            Host = null,
            Sessions = Sessions(),
        };
        await SaveAsync(Started, ended);

        Assert.Null(await ReadAsync());
        Assert.Empty(await Store.GetActiveCallsAsync(default));
        CallState waiting = Assert.Single(await Store.GetEndingCallsAsync(default));
        Assert.Equal((ended.Id, 9000, new PostId("post")), (waiting.Id, waiting.EndAt, waiting.Post));
        Assert.Equal([new UserId("alice")], waiting.Participants);

        await Store.MarkEndedAsync(ended.Id, default);
        Assert.Empty(await Store.GetEndingCallsAsync(default));
    }

    [StoreFact]
    public async Task What_is_not_committed_never_was()
    {
        await using (ICallTransaction transaction = await Store.BeginAsync(Channel, Limit, default))
        {
            await transaction.SaveAsync(null, Started, default);
        }

        Assert.Null(await ReadAsync());
    }

    [StoreFact]
    public async Task A_discarded_call_leaves_nothing()
    {
        await SaveAsync(null, Started with { Jobs = Jobs(Job("r1", JobKind.Recording)) });
        await using (ICallTransaction transaction = await Store.BeginAsync(Channel, Limit, default))
        {
            await transaction.DiscardAsync(Started.Id, default);
            await transaction.CommitAsync(default);
        }

        Assert.Empty(await Store.GetActiveCallsAsync(default));
        await SaveAsync(null, Started);
        AssertSame(Started, await ReadAsync());
    }

    [StoreFact]
    [Trait("Spec", "storage-and-jobs-6")]
    public async Task The_newest_of_two_active_calls_counts()
    {
        await SaveAsync(null, Started with { Sessions = Sessions() });
        await SaveAsync(null, Started with { Id = new CallId("newer"), StartAt = 2000, Sessions = Sessions() });
        await SaveAsync(null, Started with { Id = new CallId("older"), StartAt = 500, Sessions = Sessions() });

        Assert.Equal("newer", (await ReadAsync())!.Id.Value);
        Assert.Equal(["newer", "call", "older"], (await Store.GetActiveCallsAsync(default)).Select(call => call.Id.Value));
    }

    [StoreFact]
    public async Task A_session_id_is_used_once()
    {
        await SaveAsync(null, Started);

        CallStoreException failure = await Assert.ThrowsAsync<CallStoreException>(
            () => SaveAsync(null, Started with { Id = new CallId("another"), Channel = new ChannelId("another") }));

        Assert.Equal(StoreOperation.CreateSession, failure.Operation);
        Assert.Null(await Store.GetActiveCallAsync(new ChannelId("another"), default));
    }

    [StoreFact]
    public async Task Channel_settings_are_overwritten_whole()
    {
        Assert.Null(await Store.GetChannelAsync(Channel, default));
        await Store.PutChannelAsync(new CallsChannel(Channel, true, "{\"a\": 1}"), default);
        await Store.PutChannelAsync(new CallsChannel(new ChannelId("b"), null), default);
        Assert.Equal(new CallsChannel(Channel, true, "{\"a\": 1}"), await Store.GetChannelAsync(Channel, default));

        await Store.PutChannelAsync(new CallsChannel(Channel, false), default);
        Assert.Equal(
            [new CallsChannel(new ChannelId("b"), null), new CallsChannel(Channel, false)], await Store.GetChannelsAsync(default));
    }

    protected async Task SaveAsync(CallState? before, CallState after)
    {
        await using ICallTransaction transaction = await Store.BeginAsync(after.Channel, Limit, default);
        await transaction.SaveAsync(before, after, default);
        await transaction.CommitAsync(default);
    }

    protected Task<CallState?> ReadAsync() => Store.GetActiveCallAsync(Channel, default);

    private static ImmutableDictionary<SessionId, CallSession> Sessions(params CallSession[] sessions) =>
        sessions.ToImmutableDictionary(session => session.Id);

    private static ImmutableDictionary<JobId, CallJob> Jobs(params CallJob[] jobs) => jobs.ToImmutableDictionary(job => job.Id);

    private static CallJob Job(string id, JobKind kind) =>
        new() { Id = new JobId(id), Kind = kind, Creator = new UserId("alice"), InitAt = 3000 };

    // Records compare collections by reference.
    private static void AssertSame(CallState expected, CallState? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.Sessions.Values.OrderBy(s => s.Id.Value), actual.Sessions.Values.OrderBy(s => s.Id.Value));
        Assert.Equal(expected.Jobs.Values.OrderBy(j => j.Id.Value), actual.Jobs.Values.OrderBy(j => j.Id.Value));
        Assert.Equal(expected.Participants.Select(u => u.Value).Order(), actual.Participants.Select(u => u.Value).Order());
        Assert.Equal(expected.Dismissed.Select(u => u.Value).Order(), actual.Dismissed.Select(u => u.Value).Order());
        Assert.Equal(expected.VideoStartAt.OrderBy(e => e.Key.Value), actual.VideoStartAt.OrderBy(e => e.Key.Value));
        Assert.Equal(
            expected,
            actual with
            {
                Sessions = expected.Sessions,
                Jobs = expected.Jobs,
                Participants = expected.Participants,
                Dismissed = expected.Dismissed,
                VideoStartAt = expected.VideoStartAt,
            });
    }
}
