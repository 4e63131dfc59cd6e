using System.Data;
using System.Data.Common;
using System.Globalization;
using Calls.Domain.Ports;
using Calls.Server.Configuration;
using Dapper;
using Npgsql;

namespace Calls.Server.Persistence;

/// <summary>
/// A PostgreSQL database. The lock of a channel's call is a transaction's advisory lock: it ends with the transaction or with the
/// connection, so a process that died holds nothing (modes.md 14).
/// </summary>
internal sealed class PostgresDatabase : ICallsDatabase
{
    private const int ShortestLockTimeoutMs = 1;

    private const string BeginSql = $"""
        SELECT set_config('lock_timeout', @limit, true), set_config('idle_in_transaction_session_timeout', @idle, true);
        SELECT pg_advisory_xact_lock(@space, hashtext(@name));
        """;

    private readonly PostgresUrl _url;
    private readonly NpgsqlDataSource _source;

    public PostgresDatabase(PostgresUrl url)
    {
        _url = url;
        NpgsqlDataSourceBuilder builder = new(url.ConnectionString);
        _source = builder.Build();
    }

    // pg_xact_status tells later what became of it.
    public string TransactionIdSql => "SELECT pg_current_xact_id()::text;";

    /// <summary>What a transaction may idle before its connection is cut: a process that was stopped must not keep a call locked.</summary>
    public TimeSpan IdleLimit { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Of the database.</summary>
    public string Name => _url.Database;

    public async Task<DbConnection> OpenAsync(CancellationToken cancellation) => await _source.OpenConnectionAsync(cancellation);

    // READ COMMITTED would take a new snapshot for each statement.
    public async Task<DbTransaction> BeginReadAsync(DbConnection connection, CancellationToken cancellation) =>
        await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);

    public async Task<WriteTransaction> BeginWriteAsync(LockKey key, TimeSpan limit, CancellationToken cancellation)
    {
        long deadline = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        NpgsqlConnection connection = await OpenWithinAsync(limit, cancellation);
        WriteTransaction? transaction = null;
        try
        {
            // READ COMMITTED: what is read after the lock sees everything that its last holder committed.
            transaction = new WriteTransaction(connection, await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellation));
            long left = Math.Max(ShortestLockTimeoutMs, deadline - Environment.TickCount64);
            await connection.ExecuteAsync(new CommandDefinition(
                BeginSql,
                new
                {
                    limit = left.ToString(CultureInfo.InvariantCulture),
                    idle = IdleLimit.TotalMilliseconds.ToString("F0", CultureInfo.InvariantCulture),
                    space = key.Space,
                    name = key.Name,
                },
                transaction.Transaction,
                cancellationToken: cancellation));
            return transaction;
        }
        catch
        {
            await (transaction?.DisposeAsync() ?? connection.DisposeAsync());
            throw;
        }
    }

    public async Task ExecuteAsync(string sql, object? parameters, CancellationToken cancellation)
    {
        await using NpgsqlConnection connection = await _source.OpenConnectionAsync(cancellation);

        // Statements of one command are one transaction.
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellation));
    }

    public async Task<bool?> AskOutcomeAsync(string transactionId, CancellationToken cancellation)
    {
        await using NpgsqlConnection connection = await _source.OpenConnectionAsync(cancellation);
        return await connection.ExecuteScalarAsync<string?>(
            new CommandDefinition("SELECT pg_xact_status(@id::xid8)", new { id = transactionId }, cancellationToken: cancellation)) switch
        {
            "committed" => true,
            "aborted" => false,
            _ => null, // still under way: the server has not noticed yet that the connection is gone
        };
    }

    public Exception? Translate(StoreOperation operation, Exception failure) => PostgresFailure.Translate(operation, failure);

    public TimeSpan? DelayAfter(Exception failure, int attempt) => PostgresFailure.IsPassing(failure) ? PostgresFailure.BackOff(attempt) : null;

    public string Explain(Exception failure) => PostgresFailure.Explain(failure, _url);

    public Task<IReadOnlyList<Migration>> MigrateAsync(CancellationToken cancellation) => PostgresMigrations.ApplyAsync(_source, _url, cancellation);

    public string JsonLength(string column) => $"CASE jsonb_typeof({column}) WHEN 'array' THEN jsonb_array_length({column}) ELSE 0 END";

    public string JsonNumber(string column, string key) => $"COALESCE(({column}->>'{key}')::bigint, 0)";

    public string JsonFlag(string column, string key) => $"COALESCE(({column}->>'{key}')::boolean, false)";

    public void Dispose() => _source.Dispose();

    // The pool is a queue too: who waits for a connection waits for the lock.
    private async Task<NpgsqlConnection> OpenWithinAsync(TimeSpan limit, CancellationToken cancellation)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        either.CancelAfter(limit > TimeSpan.Zero ? limit : TimeSpan.FromMilliseconds(ShortestLockTimeoutMs));
        try
        {
            return await _source.OpenConnectionAsync(either.Token);
        }
        catch (OperationCanceledException expired) when (!cancellation.IsCancellationRequested)
        {
            throw new CallLockException(expired);
        }
    }
}
