using System.CommandLine;
using System.Text.Json;
using Calls.Domain.Ports;
using Calls.Server.Configuration;
using Calls.Server.Mattermost;
using Calls.Server.Mattermost.Rest;
using Calls.Server.Persistence;

namespace Calls.Server.Commands.Doctor;

/// <summary><c>calls doctor</c>: looks at everything that the service depends on and says in plain words what is wrong.</summary>
internal static class DoctorCommand
{
    private static readonly TimeSpan WebLimit = TimeSpan.FromSeconds(5);

    public static Command Create(Option<string?> settings)
    {
        var command = new Command("doctor", "Checks a deployment and says what is wrong: ports, addresses, STUN and TURN, database, rtcd, Mattermost. Safe while the service runs.\n\nExample: calls doctor --settings /etc/calls.json") { settings };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(settings), Console.Out, cancellation));
        return command;
    }

    /// <summary>0 if nothing keeps calls from working, else 1.</summary>
    /// <exception cref="ConfigurationException">The settings themselves cannot be used.</exception>
    public static async Task<int> RunAsync(string? settingsFile, TextWriter output, CancellationToken cancellation)
    {
        SettingSources sources = ServeCommand.ReadSources(settingsFile);
        SidecarOptions options = ServeCommand.Read(sources);
        var report = new DoctorReport(output);
        GatewayOptions gateway = Sidecar.Gateway(options);
        MattermostSettings? read = await MattermostGateway.TryReadSettingsAsync(gateway, WebLimit, cancellation);
        LoadedSettings loaded = ServeCommand.Loader(sources, options).Load(read?.Facts ?? MattermostFacts.Unknown);
        CallsSettings settings = loaded.Settings ?? ServeCommand.Loader(sources, options).Load(MattermostFacts.Unknown).Settings!;

        report.Add(loaded.Faults.Select(static fault => CheckLine.Fail("Settings", fault.ToString())));
        report.Add(loaded.Warnings.Select(static warning => CheckLine.Warn("Settings", warning)));
        report.Add(PortChecks.Run(options, settings));
        report.Add(AddressChecks.Run(settings));
        report.Add(await new IceServerChecks(TimeProvider.System).RunAsync(settings, cancellation));
        report.Add(await CheckDatabaseAsync(options, cancellation));
        report.Add(await CheckMattermostAsync(gateway, settings, cancellation));
        if (settings.RTCDServiceURL.Length > 0)
        {
            report.Add(await CheckVersionAsync("RTCDServiceURL", settings.RTCDServiceURL, "buildVersion", cancellation));
        }

        if (settings is { EnableRecordings: true, JobServiceURL.Length: > 0 })
        {
            report.Add(await CheckVersionAsync("JobServiceURL", settings.JobServiceURL, "buildVersion", cancellation));
        }

        report.Add(await CheckRouteAsync(options, read, cancellation));
        report.Close();
        return report.Failures == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<CheckLine> CheckDatabaseAsync(SidecarOptions options, CancellationToken cancellation)
    {
        string name = options.Postgres?.ToString() ?? $"SQLite file {options.DatabaseFile}";
        using ICallsDatabase database = options.Postgres is { } url ? new PostgresDatabase(url) : new SqliteDatabase(options.DatabaseFile, TimeProvider.System);
        try
        {
            await using var connection = await database.OpenAsync(cancellation);
            return CheckLine.Pass("Database", $"{name} can be opened");
        }
        catch (Exception failure) when (database.Translate(StoreOperation.Read, failure) is not null)
        {
            return CheckLine.Fail("Database", database.Explain(failure));
        }
    }

    private static async Task<IReadOnlyList<CheckLine>> CheckMattermostAsync(GatewayOptions gateway, CallsSettings settings, CancellationToken cancellation)
    {
        await using ServiceProvider services = new ServiceCollection().AddLogging().AddMattermostClient(gateway).BuildServiceProvider();
        return await services.GetRequiredService<MattermostChecks>().RunAsync(settings, cancellation);
    }

    // rtcd and calls-offloader answer alike.
    private static async Task<CheckLine> CheckVersionAsync(string name, string address, string field, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? url))
        {
            return CheckLine.Fail(name, "is no URL");
        }

        string shown = $"{url.Scheme}://{url.Authority}";
        using var http = new HttpClient { Timeout = WebLimit };
        try
        {
            string body = await http.GetStringAsync(new Uri($"{shown}{url.AbsolutePath.TrimEnd('/')}/version"), cancellation);
            using JsonDocument version = JsonDocument.Parse(body);
            return CheckLine.Pass(name, $"{shown} answers, version {version.RootElement.Text(field)}");
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException or TaskCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            return CheckLine.Fail(name, $"{shown} does not tell its version ({failure.Message})");
        }
    }

    private static async Task<CheckLine> CheckRouteAsync(SidecarOptions options, MattermostSettings? read, CancellationToken cancellation)
    {
        string site = (options.SiteUrl?.ToString() ?? read?.SiteUrl ?? "").TrimEnd('/');
        if (site.Length == 0)
        {
            return CheckLine.Warn("Public path", "no SiteURL is known");
        }

        string url = $"{site}{Api.CallsApi.BasePath}/version";
        using var http = new HttpClient { Timeout = WebLimit };
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri(url), cancellation);
            string body = await answer.Content.ReadAsStringAsync(cancellation);
            return answer.IsSuccessStatusCode && body.Contains($"\"{Api.VersionResource.PluginVersion}\"", StringComparison.Ordinal)
                ? CheckLine.Pass("Public path", $"{url} comes to this service")
                : CheckLine.Warn("Public path", $"{url} answers {(int)answer.StatusCode} without coming to this service: route /plugins/com.mattermost.calls and /api/v4/websocket to it in the proxy, and start it");
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            return CheckLine.Warn("Public path", $"{url} cannot be reached from here ({failure.Message})");
        }
    }
}
