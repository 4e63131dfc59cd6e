using Calls.Domain.Ports;
using Microsoft.Data.Sqlite;

namespace Calls.Server.Persistence;

/// <summary>
/// A SQLite file in WAL mode: readers never wait for the writer, and one writer at a time has its turn.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private readonly string _connectionString;

    // SQLite takes one writer; waiting here is fair, waiting in the engine is a poll.
    private readonly SemaphoreSlim _writer = new(1, 1);

    static SqliteDatabase() => SQLitePCL.Batteries_V2.Init();

    /// <param name="path">The file; created if it does not exist.</param>
    public SqliteDatabase(string path)
    {
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = true,
        }.ToString();
    }

    /// <summary>Waits for the turn to write; dispose it to give it back.</summary>
    /// <exception cref="CallLockException">It did not come in time.</exception>
    public async Task<IDisposable> EnterAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellation)
    {
        if (!_writer.Wait(0, CancellationToken.None))
        {
            using CancellationTokenSource deadline = new(limit, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
            try
            {
                await _writer.WaitAsync(either.Token);
            }
            catch (OperationCanceledException expired)
            {
                throw new CallLockException(expired);
            }
        }

        return new Turn(_writer);
    }

    /// <summary>An open connection; dispose it to give it back.</summary>
    public SqliteConnection Open()
    {
        SqliteConnection connection = new(_connectionString);
        connection.Open();
        using SqliteCommand pragmas = connection.CreateCommand();

        // Another process (a migration, a backup) may hold the file for a moment. NORMAL loses nothing in WAL mode but, on a
        // power cut, the last transactions.
        pragmas.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;";
        pragmas.ExecuteNonQuery();
        return connection;
    }

    public void Dispose()
    {
        using (SqliteConnection connection = new(_connectionString))
        {
            SqliteConnection.ClearPool(connection);
        }

        _writer.Dispose();
    }

    private sealed class Turn(SemaphoreSlim writer) : IDisposable
    {
        private int _isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0)
            {
                writer.Release();
            }
        }
    }
}
