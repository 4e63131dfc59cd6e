using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Calls.Domain;
using Calls.Domain.Invariants;
using Calls.Domain.Ports;
using Calls.Rtc;
using Calls.Server.Commands;
using Calls.Server.Configuration;
using Calls.Server.Mattermost.Identity;
using Calls.Server.Tests.Persistence.Testing;
using Calls.StandIn;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Calls.Load.Signaling;

/// <summary>
/// Has users join calls of the whole service but its media: gateway, signaling, store, in front of a stand-in Mattermost. Everything,
/// the clients and the database too, shares one machine.
/// </summary>
internal sealed class SignalingRun(SignalingOptions options)
{
    private const int ConnectsAtOnce = 20;
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);

    /// <returns>The report and whether everybody joined.</returns>
    public async Task<(string Report, bool IsGood)> RunAsync()
    {
        string folder = Directory.CreateTempSubdirectory("calls-load-").FullName;
        await using PostgresServer? server = options.IsSqlite || options.DatabaseUrl is not null
            ? null
            : await PostgresServer.StartAsync("-c", "shared_preload_libraries=pg_stat_statements", "-c", "fsync=on", "-c", "full_page_writes=on");
        PostgresUrl? database = options.IsSqlite ? null : PostgresServer.Parse(options.DatabaseUrl ?? await server!.CreateDatabaseAsync());
        await using StandInMattermost mattermost = await StandInMattermost.StartAsync(new() { ExtraUsers = options.Calls * options.Users }, CancellationToken.None);
        var sidecarOptions = new SidecarOptions
        {
            HttpListen = [new(IPAddress.Loopback, 0)],
            AdminListen = null,
            MattermostUrl = mattermost.Url,
            BotToken = mattermost.BotToken,
            DatabaseFile = Path.Combine(folder, "calls.db"),
            Postgres = database,
            Farewell = TimeSpan.Zero,
            LogLevel = LogLevel.Warning,
        };
        await using Sidecar sidecar = await Sidecar.StartAsync(
            sidecarOptions,
            new CallsSettings { DefaultEnabled = true, ICEServersConfigs = [] },
            new RtcServerOptions { UdpPort = 0, ListenAddresses = [IPAddress.Loopback], Loops = 1 },
            addRoutes: null,
            CancellationToken.None,
            replace: services => services.AddSingleton<IMediaRouter>(new SilentMedia()));

        string[] channels = Channels(mattermost);
        List<string> tokens = [.. Enumerable.Range(0, options.Calls * options.Users).Select(user => mattermost.LogIn(User(user)))];
        List<(JoiningClient Client, string Channel)> clients = await ConnectAsync(sidecar.Addresses[0], tokens, channels);
        await AuthenticatedAsync(sidecar, tokens);
        (long statementsBefore, double databaseMsBefore) = await StatementsAsync(database);
        TimeSpan cpuBefore = Process.GetCurrentProcess().TotalProcessorTime;
        long start = Stopwatch.GetTimestamp();
        (double Ms, string? Error)[] joins = await JoinAsync(clients);
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime - cpuBefore;
        (long statements, double databaseMs) = await StatementsAsync(database);

        IReadOnlyList<CallState> stored = await sidecar.Services.GetRequiredService<ICallStore>().GetActiveCallsAsync(CancellationToken.None);
        IReadOnlyList<CallViolation> violations = await sidecar.Services.GetRequiredService<CallAudit>().CheckAllAsync(CancellationToken.None);
        string[] errors = [.. joins.Where(join => join.Error is not null).Select(join => join.Error!)];
        double[] ms = [.. joins.Where(join => join.Error is null).Select(join => join.Ms).Order()];
        int sessions = stored.Sum(call => call.Sessions.Count);
        var report = new StringBuilder()
            .AppendLine(CultureInfo.InvariantCulture, $"{options.Calls} calls of {options.Users} on {database?.ToString() ?? "SQLite"}")
            .AppendLine(CultureInfo.InvariantCulture, $"joins       {joins.Length} within {took.TotalSeconds:F1} s, {errors.Length} failed")
            .AppendLine(CultureInfo.InvariantCulture, $"latency     p50 {At(ms, 0.5):F0} ms, p99 {At(ms, 0.99):F0} ms, longest {At(ms, 1):F0} ms")
            .AppendLine(CultureInfo.InvariantCulture, $"stored      {stored.Count} calls, {sessions} sessions, {violations.Count} invariants broken")
            .AppendLine(CultureInfo.InvariantCulture, $"frames      {clients.Sum(entry => entry.Client.Frames)} to the clients, {clients.Sum(entry => entry.Client.Bytes) / 1_000_000.0:F0} MB")
            .AppendLine(CultureInfo.InvariantCulture, $"cpu         {cpu.TotalSeconds:F1} s for service, clients and stand-in");
        if (database is not null)
        {
            report.AppendLine(CultureInfo.InvariantCulture, $"statements  {(statements - statementsBefore) / (double)joins.Length:F1} per join, {databaseMs - databaseMsBefore:F0} ms of PostgreSQL in all");
        }

        foreach (string error in errors.Distinct().Take(5))
        {
            report.AppendLine(error);
        }

        clients.ForEach(entry => entry.Client.Dispose());
        await sidecar.StopAsync(CancellationToken.None);
        return (report.ToString().TrimEnd(), errors.Length == 0 && sessions == joins.Length && violations.Count == 0);
    }

    private static double At(double[] sorted, double part) => sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))];

    // As many statements as PostgreSQL itself counted, those that begin and end transactions included.
    private static async Task<(long Count, double Ms)> StatementsAsync(PostgresUrl? database)
    {
        if (database is null)
        {
            return default;
        }

        await using var connection = new NpgsqlConnection(database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await connection.ExecuteAsync("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
        return await connection.QuerySingleAsync<(long, double)>(
            "SELECT COALESCE(sum(calls), 0)::bigint, COALESCE(sum(total_exec_time), 0)::float8 FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())");
    }

    private string[] Channels(StandInMattermost mattermost)
    {
        if (options.Calls == 1)
        {
            return [mattermost.Seed.TownSquareId];
        }

        string[] channels = new string[options.Calls];
        for (int i = 0; i < channels.Length; i++)
        {
            channels[i] = mattermost.AddChannel($"load-{i}", "O", mattermost.Seed.UserIds[User(i * options.Users)]);
            for (int user = 1; user < options.Users; user++)
            {
                mattermost.AddMember(channels[i], mattermost.Seed.UserIds[User((i * options.Users) + user)]);
            }
        }

        return channels;
    }

    private static string User(int index) => string.Create(CultureInfo.InvariantCulture, $"testuser-{index}");

    private async Task<List<(JoiningClient Client, string Channel)>> ConnectAsync(Uri gateway, List<string> tokens, string[] channels)
    {
        var clients = new List<(JoiningClient, string)>();
        int total = tokens.Count;
        for (int first = 0; first < total; first += ConnectsAtOnce)
        {
            int[] users = [.. Enumerable.Range(first, Math.Min(ConnectsAtOnce, total - first))];
            JoiningClient[] connected = await Task.WhenAll(users.Select(user => JoiningClient.ConnectAsync(gateway, tokens[user])));
            clients.AddRange(users.Zip(connected, (user, client) => (client, channels[user / options.Users])));
        }

        return clients;
    }

    // Who joins has been connected for a while. Whose tokens these are is asked at 50 a second, before.
    private static Task AuthenticatedAsync(Sidecar sidecar, List<string> tokens)
    {
        ITokenIdentity identity = sidecar.Services.GetRequiredService<ITokenIdentity>();
        return Task.WhenAll(tokens.Select(token => identity.ResolveAsync(token, CancellationToken.None).AsTask()));
    }

    private async Task<(double Ms, string? Error)[]> JoinAsync(List<(JoiningClient Client, string Channel)> clients)
    {
        var joining = new List<Task<(double, string?)>>();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < clients.Count; i++)
        {
            TimeSpan due = TimeSpan.FromSeconds((double)options.Over * i / clients.Count) - Stopwatch.GetElapsedTime(start);
            if (due > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(due);
            }

            joining.Add(clients[i].Client.JoinAsync(clients[i].Channel, AnswerLimit));
        }

        return await Task.WhenAll(joining);
    }
}
