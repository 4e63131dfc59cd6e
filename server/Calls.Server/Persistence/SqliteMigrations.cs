using Dapper;
using Microsoft.Data.Sqlite;

namespace Calls.Server.Persistence;

/// <summary>Brings a SQLite file to the shape this version needs.</summary>
internal static class SqliteMigrations
{
    /// <summary>Applies what is missing, all or nothing, while no other process can write.</summary>
    /// <returns>What was applied, in order.</returns>
    public static IReadOnlyList<Migration> Apply(SqliteDatabase database)
    {
        using SqliteConnection connection = database.Open();
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        connection.Execute(Migration.BookkeepingSql, transaction: transaction);
        HashSet<long> applied = [.. connection.Query<long>(Migration.AppliedSql, transaction: transaction)];
        List<Migration> missing = [.. EmbeddedMigrations.Read("sqlite").Where(migration => !applied.Contains(migration.Version))];
        foreach (Migration migration in missing)
        {
            connection.Execute(migration.Sql, transaction: transaction);
            connection.Execute(migration.RecordSql, new { migration.Version, migration.Name }, transaction);
        }

        transaction.Commit();
        return missing;
    }
}
