using Dapper;
using Microsoft.Data.Sqlite;

namespace Calls.Server.Persistence;

/// <summary>Brings a SQLite file to the shape this version needs.</summary>
internal sealed class SqliteMigrations(SqliteDatabase database)
{
    private const string Bookkeeping = """
        CREATE TABLE IF NOT EXISTS db_migrations_calls (version bigint NOT NULL PRIMARY KEY, name varchar NOT NULL);
        CREATE TABLE IF NOT EXISTS calls_migrations (version bigint NOT NULL PRIMARY KEY, name varchar NOT NULL);
        """;

    private const string Applied = "SELECT version FROM db_migrations_calls UNION SELECT version FROM calls_migrations";

    /// <summary>Applies what is missing, all or nothing, while no other process can write.</summary>
    /// <returns>What was applied, in order.</returns>
    public IReadOnlyList<Migration> Apply()
    {
        using SqliteConnection connection = database.Open();
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        connection.Execute(Bookkeeping, transaction: transaction);
        HashSet<long> applied = [.. connection.Query<long>(Applied, transaction: transaction)];
        List<Migration> missing = [.. EmbeddedMigrations.Read().Where(migration => !applied.Contains(migration.Version))];
        foreach (Migration migration in missing)
        {
            string table = migration.IsReference ? "db_migrations_calls" : "calls_migrations";
            connection.Execute(migration.Sql, transaction: transaction);
            connection.Execute(
                $"INSERT INTO {table} (version, name) VALUES (@Version, @Name)", new { migration.Version, migration.Name }, transaction);
        }

        transaction.Commit();
        return missing;
    }
}
