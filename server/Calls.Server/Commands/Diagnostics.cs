using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Api;
using Calls.Server.Configuration;
using Calls.Server.Mattermost;
using Calls.Server.Mattermost.Relay;

namespace Calls.Server.Commands;

/// <summary>What <c>/diagnostics</c> tells an operator: how the service is set up, what it carries, and what the self-check finds.</summary>
internal sealed class Diagnostics(IServiceProvider services, string mode, string node)
{
    public async Task<string> WriteAsync(CancellationToken cancellation)
    {
        CurrentCallsSettings settings = services.GetRequiredService<CurrentCallsSettings>();
        GatewayCounters gateway = services.GetRequiredService<GatewayCounters>();
        IReadOnlyList<CheckLine> checks = await CheckAsync(cancellation);
        IReadOnlyList<CallState> calls = [];
        try
        {
            calls = await services.GetRequiredService<ICallStore>().GetActiveCallsAsync(cancellation);
        }
        catch (CallStoreException failure)
        {
            checks = [.. checks, CheckLine.Fail("Database", failure.Message)];
        }

        return JsonSerializer.Serialize(
            new
            {
                mode,
                node,
                version = VersionResource.PluginVersion,
                calls = calls.Count,
                sessions = calls.Sum(static call => call.Sessions.Count),
                connections = services.GetRequiredService<ConnectionRegistry>().Count,
                requestsWithoutConnection = gateway.RequestsWithoutConnection,
                settingsProblem = services.GetRequiredService<ConsoleSettings>().Problem,
                decidedHere = settings.Overrides.Keys,
                checks = checks.Select(static line => new { level = LevelOf(line.Level), line.Name, line.Text }),
            },
            new JsonSerializerOptions { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase });
    }

    /// <summary>The lines of the self-check.</summary>
    public async Task<IReadOnlyList<CheckLine>> CheckAsync(CancellationToken cancellation)
    {
        var checks = services.GetRequiredService<MattermostChecks>();
        return
        [
            .. await checks.RunAsync(services.GetRequiredService<CurrentCallsSettings>().Value, cancellation),
            await services.GetRequiredService<PublicPath>().CheckAsync(cancellation),
        ];
    }

    private static string LevelOf(CheckLevel level) => level switch
    {
        CheckLevel.Pass => "pass",
        CheckLevel.Warning => "warn",
        _ => "fail",
    };
}
