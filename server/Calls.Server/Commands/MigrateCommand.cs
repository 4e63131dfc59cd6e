using System.CommandLine;
using System.Globalization;
using Calls.Server.Configuration;
using Calls.Server.Persistence;

namespace Calls.Server.Commands;

/// <summary><c>calls migrate</c>: what <c>serve</c> does to the database at its start, and nothing else.</summary>
internal static class MigrateCommand
{
    public static Command Create(Option<string?> settings)
    {
        var command = new Command("migrate", "Brings the database of DatabaseURL up to date and prints what it did. Safe while the service runs.\n\nExample: calls migrate --settings /etc/calls.json") { settings };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(settings), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string? settingsFile, CancellationToken cancellation)
    {
        SettingSources sources = ServeCommand.ReadSources(settingsFile);
        SidecarOptions options = new SidecarOptionsReader(sources, File.ReadAllText).Read(needsMattermost: false, isTerminal: !Console.IsErrorRedirected);
        using ICallsDatabase database = options.Postgres is { } url ? new PostgresDatabase(url) : new SqliteDatabase(options.DatabaseFile, TimeProvider.System);
        IReadOnlyList<Migration> applied = await DatabaseStart.MigrateAsync(database, cancellation);
        foreach (Migration migration in applied)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"applied {migration.Version:D6} {migration.Name}"));
        }

        string where = options.Postgres?.ToString() ?? $"SQLite file {options.DatabaseFile}";
        Console.WriteLine($"{where}: {(applied.Count == 0 ? "nothing to do" : "up to date")}");
        return ExitCode.Done;
    }
}
