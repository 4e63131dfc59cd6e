using Calls.Server.Mattermost.Identity;
using Calls.Server.Mattermost.Relay;
using Calls.Server.Mattermost.Rest;

namespace Calls.Server.Mattermost;

/// <summary>What the gateway does on its own: settings, expiry of records, checks of tokens, and the farewell to clients.</summary>
internal sealed class GatewayWorker(
    MattermostHost host,
    SettingsReader settings,
    CallTokenRevalidation revalidation,
    ConnectionRegistry registry,
    UpgradeEndpoint upgrades,
    GatewayOptions options,
    TimeProvider time) : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan BotRetry = TimeSpan.FromSeconds(1);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Before the listener stops, clients are told to go.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken) => upgrades.StopAsync(cancellationToken);

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.WhenAll(
                settings.RunAsync(stoppingToken), revalidation.RunAsync(stoppingToken), ExpireAsync(stoppingToken), FindBotAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task FindBotAsync(CancellationToken cancellation)
    {
        while (!await host.TryReadBotAsync(cancellation))
        {
            await Task.Delay(BotRetry, time, cancellation);
        }
    }

    private async Task ExpireAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(options.Timings.ExpiryInterval, time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            foreach (RelayConnection connection in registry.All)
            {
                connection.Post(new ConnectionInput.ExpiryChecked());
            }
        }
    }
}
