using Calls.Domain.Ports;
using Calls.Server.Persistence;
using Calls.Server.Tests.Persistence.Testing;

namespace Calls.Server.Tests.Persistence;

/// <summary>Sums over calls on both databases (storage-and-jobs.md 5).</summary>
public sealed class CallHistoryTests : IDisposable
{
    private static readonly DateOnly First = new(2026, 1, 1);
    private static readonly long Start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"calls-{Guid.NewGuid():N}.db");

    public void Dispose()
    {
        foreach (string suffix in new[] { "", "-wal", "-shm" })
        {
            File.Delete(_path + suffix);
        }
    }

    [Fact]
    public async Task SQLite_adds_calls_up()
    {
        using var database = new SqliteDatabase(_path, TimeProvider.System);
        await database.MigrateAsync(default);
        await CheckAsync(database);
    }

    [PostgresFact]
    public async Task PostgreSQL_adds_calls_up()
    {
        PostgresServer server = await PostgresServer.Shared;
        using var database = new PostgresDatabase(PostgresServer.Parse(await server.CreateDatabaseAsync()));
        await database.MigrateAsync(default);
        await CheckAsync(database);
    }

    private static async Task CheckAsync(ICallsDatabase database)
    {
        var history = new SqlCallHistory(database);
        CallHistory nothing = await history.ReadAsync(First, default);
        Assert.Equal((0, 0, 0, 0, 0, 0, 0, 0), (nothing.Ended, nothing.Active, nothing.ActiveSessions, nothing.AverageSeconds, nothing.AverageParticipants, nothing.TotalVideoSeconds, nothing.WithVideo, nothing.WithScreen));
        Assert.Empty(nothing.ByDay);

        // The last millisecond of a day and the first of the next; before the first day; without a duration; going on.
        await AddAsync(database, "a", Start + 86_399_999, Start + 86_459_999, "[\"x\",\"y\"]", """{"video_duration":10,"has_used_video":true}""", "D");
        await AddAsync(database, "b", Start + 86_400_000, Start + 86_400_000 + 31_000, "[\"x\"]", """{"video_duration":21,"has_used_video":true,"has_used_screen_share":true}""", "O");
        await AddAsync(database, "c", Start - 1, Start + 1, "[\"x\",\"y\",\"z\"]", "{}", "O");
        await AddAsync(database, "d", Start, Start, "[]", "{}", "P");
        await AddAsync(database, "e", Start + 5, 0, "[\"x\"]", """{"has_used_screen_share":true}""", "G");
        await database.ExecuteAsync(
            "INSERT INTO calls_sessions (id, callid, userid, joinat) VALUES ('s1', 'e', 'x', 1), ('s2', 'e', 'x', 2), ('s3', 'a', 'x', 3)", null, default);
        await database.ExecuteAsync(
            $$"""
            INSERT INTO calls_jobs (id, callid, type, startat, endat, props) VALUES
            ('j1', 'a', 'recording', {{Start + 10}}, {{Start + 20}}, '{}'), ('j2', 'a', 'transcribing', {{Start + 10}}, {{Start + 20}}, '{}'),
            ('j3', 'b', 'recording', 0, {{Start + 20}}, '{}')
            """,
            null,
            default);

        CallHistory sums = await history.ReadAsync(First, default);

        Assert.Equal((3, 1, 2), (sums.Ended, sums.Active, sums.ActiveSessions));
        Assert.Equal([new(First, 1), new(First.AddDays(1), 1)], sums.ByDay.OrderBy(static entry => entry.Key));
        Assert.Equal([new(First, 1)], sums.RecordingsByDay);
        Assert.Equal([new(ChannelKind.Public, 2), new(ChannelKind.Direct, 1)], sums.ByChannelKind.OrderBy(static entry => entry.Key));

        // (60 + 31 + 0.002) / 3 and 6 / 3; 31 / 2 of those with video.
        Assert.Equal((30, 2, 16, 31), (sums.AverageSeconds, sums.AverageParticipants, sums.AverageVideoSeconds, sums.TotalVideoSeconds));
        Assert.Equal((2, 2), (sums.WithVideo, sums.WithScreen));
    }

    private static async Task AddAsync(ICallsDatabase database, string id, long start, long end, string participants, string stats, string type)
    {
        await database.ExecuteAsync(
            "INSERT INTO calls (id, channelid, startat, endat, createat, deleteat, participants, stats, props) VALUES (@id, @id, @start, @end, @start, 0, @participants, @stats, @props)",
            new { id, start, end, participants = new JsonParameter(participants), stats = new JsonParameter(stats), props = new JsonParameter("{}") },
            default);
        await database.ExecuteAsync(
            "INSERT INTO calls_assignments (call_id, kind, fence, state, assigned_at, event_seq, channel_type) VALUES (@id, 'node', 0, 'active', 1, 0, @type)",
            new { id, type },
            default);
    }
}
