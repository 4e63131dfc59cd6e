using Calls.Server.Configuration;
using Dapper;
using Npgsql;

namespace Calls.Server.Persistence;

/// <summary>Brings a PostgreSQL database to the shape this version needs, while the version before it may go on working.</summary>
internal static class PostgresMigrations
{
    private const int OldestServer = 13;

    // Of those who migrate at the same time one does it and the others find it done.
    private const string Lock = "SELECT pg_advisory_xact_lock(hashtextextended('calls-migrations', 0))";

    // A change of a table waits for those who use it, and everybody else waits for the change: better to give up and try again.
    private const string Patience = "SELECT set_config('lock_timeout', '10s', true)";

    private const string HasBookkeeping =
        "SELECT to_regclass('db_migrations_calls') IS NOT NULL AND to_regclass('calls_migrations') IS NOT NULL";

    /// <returns>What was applied, in order.</returns>
    public static async Task<IReadOnlyList<Migration>> ApplyAsync(NpgsqlDataSource source, PostgresUrl url, CancellationToken cancellation)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellation);
        if (connection.PostgreSqlVersion.Major < OldestServer)
        {
            throw new IOException(
                $"PostgreSQL at {url.Server} is version {connection.PostgreSqlVersion}; {OldestServer} or newer is needed.");
        }

        // A user who may not make tables can still start when there is nothing to make.
        IReadOnlyList<Migration> all = EmbeddedMigrations.Read("postgres");
        if (await connection.ExecuteScalarAsync<bool>(HasBookkeeping) && Missing(all, await connection.QueryAsync<long>(Migration.AppliedSql)).Count == 0)
        {
            return [];
        }

        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(Lock, transaction: transaction);
        await connection.ExecuteAsync(Patience, transaction: transaction);
        await connection.ExecuteAsync(Migration.BookkeepingSql, transaction: transaction);
        List<Migration> missing = Missing(all, await connection.QueryAsync<long>(Migration.AppliedSql, transaction: transaction));
        foreach (Migration migration in missing)
        {
            await connection.ExecuteAsync(new CommandDefinition(migration.Sql, transaction: transaction, cancellationToken: cancellation));
            await connection.ExecuteAsync(migration.RecordSql, new { migration.Version, migration.Name }, transaction);
        }

        await transaction.CommitAsync(cancellation);
        return missing;
    }

    private static List<Migration> Missing(IReadOnlyList<Migration> all, IEnumerable<long> applied) =>
        [.. all.ExceptBy(applied, migration => migration.Version)];
}
