using Calls.Domain;
using Calls.Domain.Ports;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Calls.Server.Persistence;

/// <summary>
/// Calls in a SQLite file, for one node. The lock of a channel's call is the process's own; this store adds that there is one
/// writer at a time (modes.md 12).
/// </summary>
internal sealed class SqliteCallStore(SqliteDatabase database, TimeProvider time) : ICallStore
{
    private const string MarkEnded = "UPDATE calls_assignments SET state = 'ended' WHERE call_id = @Id AND state = 'ending'";
    private const string ChannelColumns = "SELECT channelid AS ChannelId, enabled AS Enabled, props AS Props FROM calls_channels";

    private const string PutChannel = """
        INSERT INTO calls_channels (channelid, enabled, props) VALUES (@Channel, @Enabled, @Props)
        ON CONFLICT (channelid) DO UPDATE SET enabled = excluded.enabled, props = excluded.props
        """;

    public async Task<ICallTransaction> BeginAsync(ChannelId channel, TimeSpan limit, CancellationToken cancellation)
    {
        IDisposable turn = await database.EnterAsync(limit, time, cancellation);
        SqliteConnection? connection = null;
        try
        {
            connection = SqliteFailure.Wrap(StoreOperation.Read, database.Open);
            SqliteTransaction transaction = SqliteFailure.Wrap(StoreOperation.Read, () => connection.BeginTransaction(deferred: false));
            return new SqliteCallTransaction(turn, connection, transaction, channel);
        }
        catch
        {
            connection?.Dispose();
            turn.Dispose();
            throw;
        }
    }

    public Task<CallState?> GetActiveCallAsync(ChannelId channel, CancellationToken cancellation) => Task.FromResult(
        Read(StoreOperation.Read, (connection, transaction) => SqliteCallQueries.ActiveCall(connection, transaction, channel)));

    public Task<IReadOnlyList<CallState>> GetActiveCallsAsync(CancellationToken cancellation) =>
        Task.FromResult(Read(StoreOperation.Read, SqliteCallQueries.ActiveCalls));

    public Task<IReadOnlyList<CallState>> GetEndingCallsAsync(CancellationToken cancellation) =>
        Task.FromResult(Read(StoreOperation.Read, (connection, _) => SqliteCallQueries.EndingCalls(connection)));

    public Task MarkEndedAsync(CallId call, CancellationToken cancellation) =>
        WriteAsync(StoreOperation.UpdateCall, MarkEnded, new { Id = call.Value }, cancellation);

    public Task<CallsChannel?> GetChannelAsync(ChannelId channel, CancellationToken cancellation) => Task.FromResult(
        Read(StoreOperation.ReadChannel, (connection, _) => connection
            .QueryFirstOrDefault<ChannelRow>(ChannelColumns + " WHERE channelid = @channel", new { channel = channel.Value })?.ToChannel()));

    public Task<IReadOnlyList<CallsChannel>> GetChannelsAsync(CancellationToken cancellation) => Task.FromResult(
        Read<IReadOnlyList<CallsChannel>>(StoreOperation.ReadChannel, (connection, _) =>
            [.. connection.Query<ChannelRow>(ChannelColumns + " ORDER BY channelid").Select(row => row.ToChannel())]));

    public Task PutChannelAsync(CallsChannel channel, CancellationToken cancellation) => WriteAsync(
        StoreOperation.UpdateChannel,
        PutChannel,
        new { Channel = channel.Channel.Value, Enabled = channel.IsEnabled, Props = channel.PropsJson },
        cancellation);

    // A read transaction sees one state of the file, so a call and its sessions belong together.
    private T Read<T>(StoreOperation operation, Func<SqliteConnection, SqliteTransaction, T> query) =>
        SqliteFailure.Wrap(operation, () =>
        {
            using SqliteConnection connection = database.Open();
            using SqliteTransaction transaction = connection.BeginTransaction(deferred: true);
            return query(connection, transaction);
        });

    private async Task WriteAsync(StoreOperation operation, string sql, object parameters, CancellationToken cancellation)
    {
        using IDisposable turn = await database.EnterAsync(CallDirectory.LockLimit, time, cancellation);
        SqliteFailure.Wrap(operation, () =>
        {
            using SqliteConnection connection = database.Open();
            return connection.Execute(sql, parameters);
        });
    }
}
