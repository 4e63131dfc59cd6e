using System.Data.Common;
using Calls.Domain;
using Calls.Domain.Ports;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Calls.Server.Persistence;

/// <summary>
/// A SQLite file in WAL mode, for one node: readers never wait for the writer. The lock of a channel's call is the process's own;
/// this adds that there is one writer at a time (modes.md 12). SQLite works synchronously: methods complete before they return.
/// </summary>
internal sealed class SqliteDatabase : ICallsDatabase
{
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly string _connectionString;

    // SQLite takes one writer; waiting here is fair, waiting in the engine is a poll.
    private readonly SemaphoreSlim _writeLock = new(1, 1);

    static SqliteDatabase() => SQLitePCL.Batteries_V2.Init();

    /// <param name="path">The file; created if it does not exist.</param>
    public SqliteDatabase(string path, TimeProvider time)
    {
        (_path, _time) = (path, time);
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = true,
        }.ToString();
    }

    public string TransactionIdSql => string.Empty;

    public SqliteConnection Open()
    {
        SqliteConnection connection = new(_connectionString);
        try
        {
            connection.Open();
            using SqliteCommand pragmas = connection.CreateCommand();

            // Another process (a migration, a backup) may hold the file for a moment. NORMAL loses nothing in WAL mode but, on a
            // power cut, the last transactions.
            pragmas.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;";
            pragmas.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public Task<DbConnection> OpenAsync(CancellationToken cancellation) => Task.FromResult<DbConnection>(Open());

    public Task<DbTransaction> BeginReadAsync(DbConnection connection, CancellationToken cancellation) =>
        Task.FromResult<DbTransaction>(((SqliteConnection)connection).BeginTransaction(deferred: true));

    public async Task<WriteTransaction> BeginWriteAsync(LockKey key, TimeSpan limit, CancellationToken cancellation)
    {
        await EnterAsync(limit, cancellation);
        SqliteConnection? connection = null;
        try
        {
            connection = Open();
            return new WriteTransaction(connection, connection.BeginTransaction(deferred: false), () => _writeLock.Release());
        }
        catch
        {
            connection?.Dispose();
            _writeLock.Release();
            throw;
        }
    }

    public async Task ExecuteAsync(string sql, object? parameters, CancellationToken cancellation)
    {
        await EnterAsync(CallDirectory.LockLimit, cancellation);
        try
        {
            using SqliteConnection connection = Open();
            using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
            connection.Execute(sql, parameters, transaction);
            transaction.Commit();
        }
        finally
        {
            _writeLock.Release();
        }
    }

    public Task<bool?> AskOutcomeAsync(string transactionId, CancellationToken cancellation) => Task.FromResult<bool?>(null);

    public Exception? Translate(StoreOperation operation, Exception failure) => SqliteFailure.Translate(operation, failure);

    // The engine has waited already (busy_timeout).
    public TimeSpan? DelayAfter(Exception failure, int attempt) => null;

    public string Explain(Exception failure) => SqliteFailure.Explain((SqliteException)failure, _path);

    public Task<IReadOnlyList<Migration>> MigrateAsync(CancellationToken cancellation) => Task.FromResult(SqliteMigrations.Apply(this));

    public string JsonLength(string column) => $"COALESCE(json_array_length({column}), 0)";

    public string JsonNumber(string column, string key) => $"COALESCE(json_extract({column}, '$.{key}'), 0)";

    public string JsonFlag(string column, string key) => $"COALESCE(json_extract({column}, '$.{key}'), 0) = 1";

    public void Dispose()
    {
        using (SqliteConnection connection = new(_connectionString))
        {
            SqliteConnection.ClearPool(connection);
        }

        _writeLock.Dispose();
    }

    private async Task EnterAsync(TimeSpan limit, CancellationToken cancellation)
    {
        if (_writeLock.Wait(0, CancellationToken.None))
        {
            return;
        }

        using CancellationTokenSource deadline = new(limit, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            await _writeLock.WaitAsync(either.Token);
        }
        catch (OperationCanceledException expired)
        {
            throw new CallLockException(expired);
        }
    }
}
