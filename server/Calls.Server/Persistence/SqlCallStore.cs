using System.Data.Common;
using Calls.Domain;
using Calls.Domain.Ports;
using Dapper;

namespace Calls.Server.Persistence;

/// <summary>Calls in a database. What a lost connection or a conflict with others made fail is repeated, where that changes nothing.</summary>
/// <param name="time">For the pauses between attempts.</param>
internal sealed class SqlCallStore(ICallsDatabase database, TimeProvider time) : ICallStore
{
    // Short of what the client of a REST request or a join waits for.
    private static readonly TimeSpan ReadPatience = TimeSpan.FromSeconds(3);

    private const string MarkEnded = "UPDATE calls_assignments SET state = 'ended' WHERE call_id = @Id AND state = 'ending'";
    private const string ChannelColumns = "SELECT channelid AS ChannelId, enabled AS Enabled, props AS Props FROM calls_channels";

    private const string PutChannel = """
        INSERT INTO calls_channels (channelid, enabled, props) VALUES (@Channel, @Enabled, @Props)
        ON CONFLICT (channelid) DO UPDATE SET enabled = excluded.enabled, props = excluded.props
        """;

    public Task<ICallTransaction> BeginAsync(ChannelId channel, TimeSpan limit, CancellationToken cancellation)
    {
        long start = time.GetTimestamp();
        return RepeatAsync<ICallTransaction>(StoreOperation.Read, limit, cancellation, async () =>
        {
            TimeSpan left = limit - time.GetElapsedTime(start);
            WriteTransaction transaction = await database.BeginWriteAsync(LockKey.Of(channel), left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellation);
            return new SqlCallTransaction(database, transaction, channel, time);
        });
    }

    public Task<CallState?> GetActiveCallAsync(ChannelId channel, CancellationToken cancellation) => ReadAsync(
        StoreOperation.Read, (connection, transaction) => CallQueries.ActiveCallAsync(connection, transaction, channel, cancellation), cancellation);

    public Task<IReadOnlyList<CallState>> GetActiveCallsAsync(CancellationToken cancellation) => ReadAsync(
        StoreOperation.Read, (connection, transaction) => CallQueries.ActiveCallsAsync(connection, transaction, cancellation), cancellation);

    public Task<IReadOnlyList<CallState>> GetEndingCallsAsync(CancellationToken cancellation) => ReadAsync(
        StoreOperation.Read, (connection, transaction) => CallQueries.EndingCallsAsync(connection, transaction, cancellation), cancellation);

    public Task MarkEndedAsync(CallId call, CancellationToken cancellation) =>
        WriteAsync(StoreOperation.UpdateCall, MarkEnded, new { Id = call.Value }, cancellation);

    public Task<CallsChannel?> GetChannelAsync(ChannelId channel, CancellationToken cancellation) => ReadAsync(
        StoreOperation.ReadChannel,
        async (connection, transaction) => (await connection.QueryFirstOrDefaultAsync<ChannelRow>(new CommandDefinition(
            ChannelColumns + " WHERE channelid = @channel", new { channel = channel.Value }, transaction, cancellationToken: cancellation)))?.ToChannel(),
        cancellation);

    public Task<IReadOnlyList<CallsChannel>> GetChannelsAsync(CancellationToken cancellation) => ReadAsync<IReadOnlyList<CallsChannel>>(
        StoreOperation.ReadChannel,
        async (connection, transaction) =>
        [
            .. (await connection.QueryAsync<ChannelRow>(
                new CommandDefinition(ChannelColumns + " ORDER BY channelid", transaction: transaction, cancellationToken: cancellation)))
                .Select(row => row.ToChannel()),
        ],
        cancellation);

    public Task PutChannelAsync(CallsChannel channel, CancellationToken cancellation) => WriteAsync(
        StoreOperation.UpdateChannel,
        PutChannel,
        new { Channel = channel.Channel.Value, Enabled = channel.IsEnabled, Props = new JsonParameter(channel.PropsJson) },
        cancellation);

    // One transaction sees one state, so a call and its sessions belong together.
    private Task<T> ReadAsync<T>(StoreOperation operation, Func<DbConnection, DbTransaction, Task<T>> query, CancellationToken cancellation) =>
        RepeatAsync(operation, ReadPatience, cancellation, async () =>
        {
            await using DbConnection connection = await database.OpenAsync(cancellation);
            await using DbTransaction transaction = await database.BeginReadAsync(connection, cancellation);
            T result = await query(connection, transaction);
            await transaction.CommitAsync(cancellation);
            return result;
        });

    // The statements are such that running them twice is running them once.
    private Task WriteAsync(StoreOperation operation, string sql, object parameters, CancellationToken cancellation) =>
        RepeatAsync(operation, ReadPatience, cancellation, async () =>
        {
            await database.ExecuteAsync(sql, parameters, cancellation);
            return true;
        });

    private async Task<T> RepeatAsync<T>(StoreOperation operation, TimeSpan patience, CancellationToken cancellation, Func<Task<T>> attempt)
    {
        long start = time.GetTimestamp();
        for (int failed = 1; ; failed++)
        {
            try
            {
                return await attempt();
            }
            catch (Exception failure) when (database.Translate(operation, failure) is { } translated)
            {
                if (database.DelayAfter(failure, failed) is not { } pause || time.GetElapsedTime(start) + pause >= patience)
                {
                    throw translated;
                }

                await Task.Delay(pause, time, cancellation);
            }
        }
    }
}
