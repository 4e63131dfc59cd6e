using Microsoft.Data.Sqlite;

namespace Calls.Server.Persistence;

/// <summary>
/// A SQLite file in WAL mode: readers never wait for the writer, and one writer at a time holds <see cref="WriteLock"/>.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private readonly string _connectionString;

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

    /// <summary>SQLite takes one writer; waiting here is fair, waiting in the engine is a poll.</summary>
    public SemaphoreSlim WriteLock { get; } = new(1, 1);

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

        WriteLock.Dispose();
    }
}
