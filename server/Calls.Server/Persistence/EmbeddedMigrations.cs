using System.Globalization;
using System.Reflection;

namespace Calls.Server.Persistence;

/// <summary>
/// The files of db/migrations, built into the program. A file is for every database, or for the one in its name:
/// <c>000005_name.up.sql</c>, or <c>000005_name.sqlite.up.sql</c> beside <c>000005_name.postgres.up.sql</c>.
/// </summary>
internal static class EmbeddedMigrations
{
    private const string Prefix = "migrations/";
    private const string Suffix = ".up.sql";

    /// <summary>All of them for a database, in order.</summary>
    public static IReadOnlyList<Migration> Read(string database)
    {
        Assembly assembly = typeof(EmbeddedMigrations).Assembly;
        List<Migration> migrations = [];
        foreach (string resource in assembly.GetManifestResourceNames())
        {
            if (!resource.StartsWith(Prefix, StringComparison.Ordinal) || !resource.EndsWith(Suffix, StringComparison.Ordinal))
            {
                continue;
            }

            string[] file = resource[Prefix.Length..^Suffix.Length].Split('.');
            if (file is [_, var only] && only != database)
            {
                continue;
            }

            int underscore = file[0].IndexOf('_', StringComparison.Ordinal);
            using Stream stream = assembly.GetManifestResourceStream(resource)!;
            using StreamReader reader = new(stream);
            migrations.Add(new Migration(
                long.Parse(file[0][..underscore], CultureInfo.InvariantCulture), file[0][(underscore + 1)..], reader.ReadToEnd()));
        }

        return [.. migrations.OrderBy(migration => migration.Version)];
    }
}
