using System.Diagnostics;
using Calls.Server.Configuration;
using Npgsql;

namespace Calls.Server.Tests.Persistence.Testing;

/// <summary>
/// A PostgreSQL server of the tests' own, in a temporary folder, reached by a socket in it. It ends with the process that started
/// it, however that ends.
/// </summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string DebianFolder = "/usr/lib/postgresql";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly Lazy<string?> Binaries = new(FindBinaries);
    private static readonly Lazy<Task<PostgresServer>> SharedServer = new(static () => StartSharedAsync());

    private readonly string _folder;
    private readonly string[] _more;
    private Process? _process;

    private PostgresServer(string folder, string[] more) => (_folder, _more) = (folder, more);

    /// <summary>Why there can be none; <c>null</c> = there can.</summary>
    public static string? WhyMissing => Binaries.Value is null ? "PostgreSQL is not installed (Debian and Ubuntu: apt-get install postgresql)." : null;

    /// <summary>One server for all tests that do not stop it.</summary>
    public static Task<PostgresServer> Shared => SharedServer.Value;

    /// <summary>A server of one test.</summary>
    /// <param name="more">Arguments of the server, which win over the tests' own.</param>
    public static async Task<PostgresServer> StartAsync(params string[] more)
    {
        string folder = Directory.CreateTempSubdirectory("calls-pg-").FullName;
        var server = new PostgresServer(folder, more);
        string data = Path.Combine(folder, "data");
        if (RunsAsRoot)
        {
            await RunAsync("chown", User, folder);
        }

        await RunAsync([.. AsUser, Binary("initdb"), "-D", data, "-U", "calls", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);

        // One user needs a password, so that a wrong one can be given.
        await File.WriteAllTextAsync(Path.Combine(data, "pg_hba.conf"), "local all guarded scram-sha-256\nlocal all all trust\n");
        await server.ResumeAsync();
        return server;
    }

    /// <summary>The URL of a database, as an operator gives it.</summary>
    public string UrlOf(string database, string user = "calls") => $"postgres://{user}@/{database}?host={_folder}";

    /// <summary>Makes an empty database; returns its URL.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        string name = $"t{Guid.NewGuid():N}";
        await ExecuteAsync("postgres", $"CREATE DATABASE {name}");
        return UrlOf(name);
    }

    public async Task ExecuteAsync(string database, string sql)
    {
        await using NpgsqlConnection connection = new(Parse(UrlOf(database)).ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public static PostgresUrl Parse(string url) =>
        PostgresUrl.TryParse(url, out PostgresUrl? parsed, out string fault) ? parsed! : throw new ArgumentException(fault, nameof(url));

    /// <summary>The server is gone: every connection is cut, and new ones are refused. Committed data stays.</summary>
    public async Task StopAsync()
    {
        // The end of its input tells the shell to stop the server.
        _process!.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async Task ResumeAsync()
    {
        // A shell in between notices that the tests are gone even if they were killed. SIGINT is PostgreSQL's fast stop.
        string server = $"'{Binary("postgres")}' -D '{_folder}/data' -k '{_folder}' -c listen_addresses= -c fsync=off -c full_page_writes=off "
            + "-c max_connections=60 -c logging_collector=off " + string.Join(' ', _more);
        string[] command = [.. AsUser, "sh", "-c", $"{server} </dev/null >'{_folder}/log' 2>&1 & pid=$!; read -r _; kill -INT $pid; wait $pid"];
        _process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true })!;
        NpgsqlConnection.ClearAllPools();
        for (long end = Environment.TickCount64 + (long)StartLimit.TotalMilliseconds; ; await Task.Delay(20))
        {
            try
            {
                await ExecuteAsync("postgres", "SELECT 1");
                return;
            }
            catch (NpgsqlException) when (Environment.TickCount64 < end && !_process.HasExited)
            {
                // Not up yet.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await StopAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static bool RunsAsRoot => Environment.IsPrivilegedProcess;

    // PostgreSQL refuses to run as root.
    private static string[] AsUser => RunsAsRoot ? ["setpriv", $"--reuid={User}", $"--regid={User}", "--clear-groups"] : [];

    private static string User => File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";

    private static string Binary(string name) => Path.Combine(Binaries.Value!, name);

    private static async Task<PostgresServer> StartSharedAsync()
    {
        PostgresServer server = await StartAsync();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return server;
    }

    private static string? FindBinaries()
    {
        IEnumerable<string> debian = Directory.Exists(DebianFolder)
            ? Directory.GetDirectories(DebianFolder).OrderByDescending(folder => folder.Length).ThenByDescending(folder => folder).Select(folder => Path.Combine(folder, "bin"))
            : [];
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(debian)
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    private static async Task RunAsync(params string[] command)
    {
        using Process process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        string written = await output;
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{command[0]}: {errors}{written}");
        }
    }
}
