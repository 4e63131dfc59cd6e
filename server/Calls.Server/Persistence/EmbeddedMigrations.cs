using System.Globalization;
using System.Reflection;

namespace Calls.Server.Persistence;

/// <summary>The files of db/migrations, built into the program.</summary>
internal static class EmbeddedMigrations
{
    private const string Prefix = "migrations/";
    private const string Suffix = ".up.sql";

    /// <summary>All of them, in order.</summary>
    public static IReadOnlyList<Migration> Read()
    {
        Assembly assembly = typeof(EmbeddedMigrations).Assembly;
        List<Migration> migrations = [];
        foreach (string resource in assembly.GetManifestResourceNames())
        {
            if (!resource.StartsWith(Prefix, StringComparison.Ordinal) || !resource.EndsWith(Suffix, StringComparison.Ordinal))
            {
                continue;
            }

            string file = resource[Prefix.Length..^Suffix.Length];
            int underscore = file.IndexOf('_', StringComparison.Ordinal);
            using Stream stream = assembly.GetManifestResourceStream(resource)!;
            using StreamReader reader = new(stream);
            migrations.Add(new Migration(
                long.Parse(file[..underscore], CultureInfo.InvariantCulture), file[(underscore + 1)..], reader.ReadToEnd()));
        }

        return [.. migrations.OrderBy(migration => migration.Version)];
    }
}
