using System.Collections.Immutable;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Persistence;
using Calls.Server.Tests.Persistence.Testing;
using Dapper;
using Npgsql;

namespace Calls.Server.Tests.Persistence;

public sealed class PostgresCallStoreTests : CallStoreContract, IAsyncLifetime
{
    private static readonly ChannelId A = new("a");
    private PostgresServer _server = null!;
    private PostgresDatabase _database = null!;
    private SqlCallStore _store = null!;

    protected override ICallStore Store => _store;

    public async Task InitializeAsync()
    {
        _server = await PostgresServer.Shared;
        _database = new PostgresDatabase(PostgresServer.Parse(await _server.CreateDatabaseAsync()));
        await _database.MigrateAsync(default);
        _store = new SqlCallStore(_database, TimeProvider.System);
    }

    public Task DisposeAsync()
    {
        _database.Dispose();
        return Task.CompletedTask;
    }

    [PostgresFact]
    [Trait("Spec", "storage-and-jobs-1")]
    public async Task Migrating_again_changes_nothing()
    {
        string before = await ShapeAsync();

        Assert.Empty(await _database.MigrateAsync(default));

        Assert.Equal(before, await ShapeAsync());
        Assert.Equal(
            ["idx_calls_channel_id", "idx_calls_end_at", "idx_calls_jobs_call_id", "idx_calls_sessions_call_id"],
            await ColumnAsync<string>("""
                SELECT indexname FROM pg_indexes WHERE tablename IN ('calls', 'calls_channels', 'calls_sessions', 'calls_jobs')
                AND indexname NOT LIKE '%_pkey' ORDER BY indexname
                """));
        Assert.Equal(
            ["create_calls_channels", "create_calls", "create_calls_sessions", "create_calls_jobs", "calls_sessions_video"],
            await ColumnAsync<string>("SELECT name FROM db_migrations_calls ORDER BY version"));
    }

    [PostgresFact]
    public async Task The_plugins_tables_have_its_columns_and_types() => Assert.Equal(
        """
        calls.id character varying 26 NO
        calls.channelid character varying 26 YES
        calls.startat bigint  YES
        calls.endat bigint  YES
        calls.createat bigint  YES
        calls.deleteat bigint  YES
        calls.title character varying 256 YES
        calls.postid character varying 26 YES
        calls.threadid character varying 26 YES
        calls.ownerid character varying 26 YES
        calls.participants jsonb  NO
        calls.stats jsonb  NO
        calls.props jsonb  NO
        calls_channels.channelid character varying 26 NO
        calls_channels.enabled boolean  YES
        calls_channels.props jsonb  NO
        calls_jobs.id character varying 26 NO
        calls_jobs.callid character varying 26 YES
        calls_jobs.type character varying 64 YES
        calls_jobs.creatorid character varying 26 YES
        calls_jobs.initat bigint  YES
        calls_jobs.startat bigint  YES
        calls_jobs.endat bigint  YES
        calls_jobs.props jsonb  NO
        calls_sessions.id character varying 26 NO
        calls_sessions.callid character varying 26 YES
        calls_sessions.userid character varying 26 YES
        calls_sessions.joinat bigint  YES
        calls_sessions.unmuted boolean  YES
        calls_sessions.raisedhand bigint  YES
        calls_sessions.video boolean  YES
        """,
        await ShapeAsync("AND table_name IN ('calls', 'calls_channels', 'calls_sessions', 'calls_jobs')"));

    [PostgresFact]
    public async Task Many_may_migrate_at_once()
    {
        PostgresDatabase[] nodes = [.. Enumerable.Repeat(await _server.CreateDatabaseAsync(), 8).Select(url => new PostgresDatabase(PostgresServer.Parse(url)))];

        IReadOnlyList<Migration>[] applied = await Task.WhenAll(nodes.Select(node => node.MigrateAsync(default)));

        Assert.Single(applied, migrations => migrations.Count > 0);
        Array.ForEach(nodes, node => node.Dispose());
    }

    [PostgresFact]
    [Trait("Spec", "storage-and-jobs-2")]
    [Trait("Spec", "storage-and-jobs-3")]
    public async Task A_call_of_the_plugin_is_taken_over()
    {
        // As the plugin left it: its migrations recorded, no table of ours, a session from before the video column.
        await RunAsync("""
            DROP TABLE calls_assignments; DROP TABLE calls_bindings; DROP TABLE calls_migrations; DROP TABLE calls_service_credentials;
            INSERT INTO calls VALUES ('call', 'channel', 1000, 0, 1000, 0, '', 'post', 'post', 'alice', 'null', '{"has_used_video":true}',
                '{"hosts":["alice"],"participants":{"alice":{}},"node_id":"n","later":5}');
            INSERT INTO calls_sessions (id, callid, userid, joinat, unmuted, raisedhand) VALUES ('s1', 'call', 'alice', 1001, true, 0);
            """);
        const string Theirs = "AND table_name IN ('calls', 'calls_channels', 'calls_sessions', 'calls_jobs', 'db_migrations_calls')";
        string before = await ShapeAsync(Theirs);

        Assert.All(await _database.MigrateAsync(default), migration => Assert.False(migration.IsReference));

        Assert.Equal(before, await ShapeAsync(Theirs));
        CallState call = (await ReadAsync())!;
        Assert.Equal((CallPhase.Active, 0), (call.Phase, call.EventNumber));
        Assert.True(call.Statistics.HasUsedVideo);
        CallSession session = Assert.Single(call.Sessions.Values);
        Assert.False(session.HasVideo);
        Assert.True(session.IsUnmuted);

        CallState changed = call with { EventNumber = 1, Sessions = call.Sessions.SetItem(session.Id, session with { IsUnmuted = false }) };
        await SaveAsync(call, changed);
        Assert.False((await ReadAsync())!.Sessions[session.Id].IsUnmuted);
        Assert.Equal(1, (await ReadAsync())!.EventNumber);
    }

    [PostgresFact]
    public async Task Channel_settings_of_the_plugins_first_versions_are_taken_over()
    {
        string url = await _server.CreateDatabaseAsync();
        using PostgresDatabase database = new(PostgresServer.Parse(url));
        await database.ExecuteAsync(
            """
            CREATE TABLE pluginkeyvaluestore (pluginid varchar(190), pkey varchar(150), pvalue bytea, expireat bigint);
            INSERT INTO pluginkeyvaluestore VALUES
                ('com.mattermost.calls', 'channelonaaaaaaaaaaaaaaaaa', '{"enabled": true}', 0),
                ('com.mattermost.calls', 'channeloffaaaaaaaaaaaaaaaa', '{"enabled": false, "x": [1]}', 0),
                ('com.mattermost.calls', 'channelnoflagaaaaaaaaaaaaa', '{"call": null}', 0),
                ('com.mattermost.calls', 'channelnojsonaaaaaaaaaaaaa', 'abc', 0),
                ('com.mattermost.calls', 'channelnoutf8aaaaaaaaaaaaa', '\xff00', 0),
                ('com.mattermost.calls', 'channelbadflagaaaaaaaaaaaa', '{"enabled": "perhaps"}', 0),
                ('com.mattermost.calls', 'mmi_botid', 'bot', 0),
                ('another.plugin', 'channelotheraaaaaaaaaaaaaa', '{"enabled": true}', 0);
            """,
            null,
            default);

        await database.MigrateAsync(default);

        Assert.Equal(
            [new CallsChannel(new ChannelId("channeloffaaaaaaaaaaaaaaaa"), false), new CallsChannel(new ChannelId("channelonaaaaaaaaaaaaaaaaa"), true)],
            await new SqlCallStore(database, TimeProvider.System).GetChannelsAsync(default));
    }

    [PostgresFact]
    [Trait("Spec", "storage-and-jobs-9")]
    public async Task A_second_writer_waits_no_longer_than_it_wants()
    {
        await using ICallTransaction held = await _store.BeginAsync(A, Limit, default);

        long start = Environment.TickCount64;
        CallLockException failure = await Assert.ThrowsAsync<CallLockException>(() => _store.BeginAsync(A, TimeSpan.FromMilliseconds(300), default));

        Assert.Equal("failed to lock: context deadline exceeded", failure.Message);
        Assert.InRange(Environment.TickCount64 - start, 280, 5_000);
        await using ICallTransaction other = await _store.BeginAsync(new ChannelId("b"), Limit, default);
    }

    [PostgresFact]
    [Trait("Spec", "storage-and-jobs-8")]
    [Trait("Spec", "storage-and-jobs-10")]
    public async Task A_lock_whose_connection_is_cut_is_free_and_its_writes_are_lost()
    {
        await SaveAsync(null, Started);
        await using ICallTransaction cut = await _store.BeginAsync(Channel, Limit, default);
        CallState stale = Started with { Owner = new UserId("stale"), EventNumber = 1, Host = new UserId("stale") };
        await cut.SaveAsync(Started, stale, default);
        await CutOthersAsync();

        CallState next = Started with { EventNumber = 5, Host = new UserId("next") };
        await SaveAsync(Started, next);

        await Assert.ThrowsAsync<CallStoreException>(() => cut.CommitAsync(default));
        Assert.Equal((5, new UserId("next")), ((await ReadAsync())!.EventNumber, (await ReadAsync())!.Host));
    }

    [PostgresFact]
    public async Task Old_connections_in_the_pool_are_noticed_by_nobody()
    {
        await SaveAsync(null, Started);
        await CutOthersAsync();
        Assert.NotNull(await ReadAsync());

        await CutOthersAsync();
        await SaveAsync(Started, Started with { EventNumber = 1 });

        await CutOthersAsync();
        await _store.PutChannelAsync(new CallsChannel(Channel, true), default);
    }

    [PostgresFact]
    public async Task A_writer_that_was_stopped_does_not_keep_its_lock()
    {
        using PostgresDatabase paused = new(PostgresServer.Parse(_server.UrlOf(_database.Name))) { IdleLimit = TimeSpan.FromMilliseconds(100) };
        await using ICallTransaction stopped = await new SqlCallStore(paused, TimeProvider.System).BeginAsync(Channel, Limit, default);
        await stopped.SaveAsync(null, Started, default);

        await using ICallTransaction next = await _store.BeginAsync(Channel, Limit, default);

        await Assert.ThrowsAsync<CallStoreException>(() => stopped.CommitAsync(default));
        Assert.Null(await next.GetActiveCallAsync(default));
    }

    [PostgresFact]
    [Trait("Spec", "storage-and-jobs-7")]
    public async Task Two_nodes_that_change_two_sessions_at_once_lose_nothing()
    {
        CallSession[] sessions = [.. new[] { "s1", "s2" }.Select(id => Started.Sessions.Values.First() with { Id = new SessionId(id), Connection = new ConnectionId(id) })];
        await SaveAsync(null, Started with { Sessions = sessions.ToImmutableDictionary(session => session.Id) });
        using PostgresDatabase another = new(PostgresServer.Parse(_server.UrlOf(_database.Name)));
        SqlCallStore[] nodes = [_store, new SqlCallStore(another, TimeProvider.System)];

        // Each toggles its own session an odd number of times, and each time numbers an event.
        const int Toggles = 51;
        await Task.WhenAll(nodes.Zip(sessions, async (node, session) =>
        {
            for (int i = 0; i < Toggles; i++)
            {
                await using ICallTransaction transaction = await node.BeginAsync(Channel, Limit, default);
                CallState call = (await transaction.GetActiveCallAsync(default))!;
                CallSession now = call.Sessions[session.Id];
                CallState next = call with
                {
                    EventNumber = call.EventNumber + 1,
                    Sessions = call.Sessions.SetItem(session.Id, now with { IsUnmuted = !now.IsUnmuted }),
                };
                await transaction.SaveAsync(call, next, default);
                await transaction.CommitAsync(default);
            }
        }));

        CallState after = (await ReadAsync())!;
        Assert.All(after.Sessions.Values, session => Assert.True(session.IsUnmuted));
        Assert.Equal(2 * Toggles, after.EventNumber);
    }

    [PostgresFact]
    public async Task What_became_of_a_commit_can_be_asked_for()
    {
        await using ICallTransaction transaction = await _store.BeginAsync(Channel, Limit, default);
        await transaction.SaveAsync(null, Started, default);
        string id = Assert.Single(await ColumnAsync<string>(
            "SELECT backend_xid::text FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL"));
        Assert.Null(await _database.AskOutcomeAsync(id, default));

        await transaction.CommitAsync(default);

        Assert.True(await _database.AskOutcomeAsync(id, default));
    }

    private static TimeSpan Limit => TimeSpan.FromSeconds(5);

    private async Task RunAsync(string sql) => await _database.ExecuteAsync(sql, null, default);

    // The server ends them, as when it restarts; our own goes with them.
    private Task CutOthersAsync() => _server.ExecuteAsync("postgres", $"""
        SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE application_name = 'calls' AND pid <> pg_backend_pid() AND datname = '{_database.Name}'
        """);

    private async Task<IReadOnlyList<T>> ColumnAsync<T>(string sql)
    {
        await using NpgsqlConnection connection = (NpgsqlConnection)await _database.OpenAsync(default);
        return [.. await connection.QueryAsync<T>(sql)];
    }

    private async Task<string> ShapeAsync(string where = "") => string.Join('\n', await ColumnAsync<string>($"""
        SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || COALESCE(character_maximum_length::text, '') || ' ' || is_nullable
        FROM information_schema.columns WHERE table_schema = 'public' {where} ORDER BY table_name COLLATE "C", ordinal_position
        """));
}
