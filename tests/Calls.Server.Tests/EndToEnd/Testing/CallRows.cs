using Microsoft.Data.Sqlite;

namespace Calls.Server.Tests.EndToEnd.Testing;

/// <summary>What a database file says, read past the service.</summary>
/// <param name="Active">Ids of calls that have not ended.</param>
/// <param name="Ended">Ids of calls that have.</param>
/// <param name="Sessions">Ids of the sessions of any call.</param>
/// <param name="Bindings">Ids of the sessions that have a socket on record.</param>
internal sealed record CallRows(IReadOnlyList<string> Active, IReadOnlyList<string> Ended, IReadOnlyList<string> Sessions, IReadOnlyList<string> Bindings)
{
    public static CallRows Read(string file)
    {
        SQLitePCL.Batteries_V2.Init();
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        connection.Open();
        return new CallRows(
            Ids(connection, "SELECT id FROM calls WHERE endat = 0"),
            Ids(connection, "SELECT id FROM calls WHERE endat > 0"),
            Ids(connection, "SELECT id FROM calls_sessions"),
            Ids(connection, "SELECT session_id FROM calls_bindings"));
    }

    /// <summary>No ghosts: sessions only of calls that go on, and each with its binding; without sessions no call.</summary>
    public void CheckNothingIsLeft()
    {
        Assert.Empty(Active);
        Assert.Empty(Sessions);
        Assert.Empty(Bindings);
    }

    private static List<string> Ids(SqliteConnection connection, string query)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = query;
        using SqliteDataReader reader = command.ExecuteReader();
        var ids = new List<string>();
        while (reader.Read())
        {
            ids.Add(reader.GetString(0));
        }

        return ids;
    }
}
