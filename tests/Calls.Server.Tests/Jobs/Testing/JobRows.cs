using Dapper;
using Microsoft.Data.Sqlite;

namespace Calls.Server.Tests.Jobs.Testing;

/// <summary>What a database file says of jobs.</summary>
internal static class JobRows
{
    public static IReadOnlyList<JobRow> Read(string file)
    {
        SQLitePCL.Batteries_V2.Init();
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        connection.Open();
        return connection.Query<JobRow>(
            "SELECT id AS Id, type AS Type, creatorid AS CreatorId, initat AS InitAt, startat AS StartAt, endat AS EndAt, props AS Props FROM calls_jobs ORDER BY initat, type").AsList();
    }
}
