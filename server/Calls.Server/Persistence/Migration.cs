namespace Calls.Server.Persistence;

/// <summary>One file of db/migrations.</summary>
/// <param name="Name">The file name without number and suffix, as the plugin records it.</param>
internal sealed record Migration(long Version, string Name, string Sql)
{
    /// <summary>Makes the two tables of what was applied: the plugin's, and ours.</summary>
    public const string BookkeepingSql = """
        CREATE TABLE IF NOT EXISTS db_migrations_calls (version bigint NOT NULL PRIMARY KEY, name varchar NOT NULL);
        CREATE TABLE IF NOT EXISTS calls_migrations (version bigint NOT NULL PRIMARY KEY, name varchar NOT NULL);
        """;

    public const string AppliedSql = "SELECT version FROM db_migrations_calls UNION SELECT version FROM calls_migrations";

    private const long FirstOwnVersion = 1000;

    /// <summary>Makes a table of the plugin, and is recorded where the plugin looks.</summary>
    public bool IsReference => Version < FirstOwnVersion;

    public string RecordSql =>
        $"INSERT INTO {(IsReference ? "db_migrations_calls" : "calls_migrations")} (version, name) VALUES (@Version, @Name)";
}
