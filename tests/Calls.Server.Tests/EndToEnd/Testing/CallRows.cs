using System.Data.Common;
using Calls.Server.Tests.Persistence.Testing;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Calls.Server.Tests.EndToEnd.Testing;

/// <summary>What a database says, read past the service.</summary>
/// <param name="Active">Ids of calls that have not ended.</param>
/// <param name="Ended">Ids of calls that have.</param>
/// <param name="Sessions">Ids of the sessions of any call.</param>
/// <param name="Bindings">Ids of the sessions that have a socket on record.</param>
/// <param name="Served">Ids of calls and sessions that count on a process that serves them: not ended, not lost.</param>
internal sealed record CallRows(
    IReadOnlyList<string> Active,
    IReadOnlyList<string> Ended,
    IReadOnlyList<string> Sessions,
    IReadOnlyList<string> Bindings,
    IReadOnlyList<string> Served)
{
    /// <param name="file">Of SQLite.</param>
    public static CallRows Read(string file)
    {
        SQLitePCL.Batteries_V2.Init();
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        return Read(connection);
    }

    /// <param name="url">Of PostgreSQL.</param>
    public static CallRows ReadPostgres(string url)
    {
        using var connection = new NpgsqlConnection(PostgresServer.Parse(url).ConnectionString + ";Pooling=false");
        return Read(connection);
    }

    /// <summary>No ghosts: sessions only of calls that go on, and each with its binding; without sessions no call.</summary>
    public void CheckNothingIsLeft()
    {
        Assert.Empty(Active);
        Assert.Empty(Sessions);
        Assert.Empty(Bindings);
    }

    private static CallRows Read(DbConnection connection)
    {
        connection.Open();
        return new CallRows(
            Ids(connection, "SELECT id FROM calls WHERE endat = 0"),
            Ids(connection, "SELECT id FROM calls WHERE endat > 0"),
            Ids(connection, "SELECT id FROM calls_sessions"),
            Ids(connection, "SELECT session_id FROM calls_bindings"),
            Ids(
                connection,
                """
                SELECT c.id FROM calls c LEFT JOIN calls_assignments a ON a.call_id = c.id WHERE c.endat = 0 AND COALESCE(a.state, '') <> 'lost'
                UNION SELECT s.id FROM calls_sessions s LEFT JOIN calls_bindings b ON b.session_id = s.id WHERE COALESCE(b.media_state, '') <> 'lost'
                """));
    }

    private static List<string> Ids(DbConnection connection, string query)
    {
        using DbCommand command = connection.CreateCommand();
        command.CommandText = query;
        using DbDataReader reader = command.ExecuteReader();
        var ids = new List<string>();
        while (reader.Read())
        {
            ids.Add(reader.GetString(0));
        }

        return ids;
    }
}
