using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Persistence;
using Calls.Server.Tests.Signaling;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Calls.Server.Tests.Persistence;

public sealed class SqliteCallStoreTests : CallStoreContract, IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"calls-{Guid.NewGuid():N}.db");
    private readonly SqliteDatabase _database;
    private readonly ManualTime _time = new();
    private readonly SqlCallStore _store;

    public SqliteCallStoreTests()
    {
        _database = new SqliteDatabase(_path, _time);
        SqliteMigrations.Apply(_database);
        _store = new SqlCallStore(_database, _time);
    }

    protected override ICallStore Store => _store;

    public void Dispose()
    {
        _database.Dispose();
        foreach (string suffix in new[] { "", "-wal", "-shm" })
        {
            File.Delete(_path + suffix);
        }
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-1")]
    public void Migrating_again_changes_nothing()
    {
        Assert.Empty(SqliteMigrations.Apply(_database));

        using SqliteConnection connection = _database.Open();
        Assert.Equal(
            ["calls", "calls_assignments", "calls_bindings", "calls_channels", "calls_jobs", "calls_migrations", "calls_service_credentials", "calls_sessions", "db_migrations_calls"],
            connection.Query<string>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"));
        Assert.Equal(
            ["idx_calls_channel_id", "idx_calls_end_at", "idx_calls_jobs_call_id", "idx_calls_sessions_call_id"],
            connection.Query<string>("SELECT name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_%' AND tbl_name IN ('calls', 'calls_channels', 'calls_sessions', 'calls_jobs') ORDER BY name"));
        Assert.Equal(
            ["create_calls_channels", "create_calls", "create_calls_sessions", "create_calls_jobs", "calls_sessions_video"],
            connection.Query<string>("SELECT name FROM db_migrations_calls ORDER BY version"));
        Assert.Equal("wal", connection.ExecuteScalar<string>("PRAGMA journal_mode"));
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-2")]
    [Trait("Spec", "storage-and-jobs-3")]
    public async Task A_call_of_the_plugin_is_taken_over()
    {
        using (SqliteConnection connection = _database.Open())
        {
            // As the plugin left it: its migrations recorded, no table of ours, a session from before the video column.
            connection.Execute("""
                DROP TABLE calls_assignments; DROP TABLE calls_bindings; DROP TABLE calls_migrations;
                INSERT INTO calls VALUES ('call', 'channel', 1000, 0, 1000, 0, '', 'post', 'post', 'alice', 'null', '{"has_used_video":true}',
                    '{"hosts":["alice"],"participants":{"alice":{}},"node_id":"n","later":5}');
                INSERT INTO calls_sessions (id, callid, userid, joinat, unmuted, raisedhand) VALUES ('s1', 'call', 'alice', 1001, 1, 0);
                """);
        }

        Assert.All(SqliteMigrations.Apply(_database), migration => Assert.False(migration.IsReference));

        CallState call = (await ReadAsync())!;
        Assert.Equal((CallPhase.Active, 0), (call.Phase, call.EventNumber));
        Assert.True(call.Statistics.HasUsedVideo);
        CallSession session = Assert.Single(call.Sessions.Values);
        Assert.False(session.HasVideo);
        Assert.True(session.IsUnmuted);
        Assert.Equal(new ConnectionId("s1"), session.Connection);

        CallState changed = call with { EventNumber = 1, Sessions = call.Sessions.SetItem(session.Id, session with { IsUnmuted = false }) };
        await SaveAsync(call, changed);
        Assert.False((await ReadAsync())!.Sessions[session.Id].IsUnmuted);
        Assert.Equal(1, (await ReadAsync())!.EventNumber);
    }

    [Fact]
    public async Task A_second_writer_waits_no_longer_than_it_wants()
    {
        await using ICallTransaction held = await _store.BeginAsync(new ChannelId("a"), TimeSpan.FromSeconds(5), default);

        Task<ICallTransaction> waiting = _store.BeginAsync(new ChannelId("b"), TimeSpan.FromSeconds(5), default);
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(5));

        CallLockException failure = await Assert.ThrowsAsync<CallLockException>(() => waiting);
        Assert.Equal("failed to lock: context deadline exceeded", failure.Message);
    }

    [Fact]
    public async Task Readers_do_not_wait_for_the_writer()
    {
        await using ICallTransaction held = await _store.BeginAsync(new ChannelId("a"), TimeSpan.FromSeconds(5), default);

        Assert.Null(await _store.GetActiveCallAsync(new ChannelId("a"), default));
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-4")]
    [Trait("Spec", "storage-and-jobs-5")]
    public async Task Rows_look_as_the_plugin_writes_them()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        using SqliteDatabase database = new(calls.Database, TimeProvider.System);
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");

        using (SqliteConnection connection = database.Open())
        {
            (long endAt, string participants, string props, string stats) =
                connection.QuerySingle<(long, string, string, string)>("SELECT endat, participants, props, stats FROM calls");
            Assert.Equal((0, "null", "{}"), (endAt, participants, stats));
            Assert.Equal("{\"hosts\":[\"alice\"],\"participants\":{\"alice\":{}}}", props);
            Assert.Equal("a1", connection.QuerySingle<string>("SELECT id FROM calls_sessions"));
        }

        await alice.SendAsync("leave");
        using (SqliteConnection connection = database.Open())
        {
            (long endAt, string participants, string props) =
                connection.QuerySingle<(long, string, string)>("SELECT endat, participants, props FROM calls");
            Assert.True(endAt > 0);
            Assert.Equal(("[\"alice\"]", "{}"), (participants, props));
            Assert.Equal(0, connection.ExecuteScalar<int>("SELECT (SELECT COUNT(*) FROM calls_sessions) + (SELECT COUNT(*) FROM calls_bindings)"));
        }
    }
}
