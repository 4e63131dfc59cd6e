using Calls.Server.Mattermost.Commands;
using Calls.Server.Mattermost.Identity;
using Calls.Server.Mattermost.Relay;
using Calls.Server.Mattermost.Rest;

namespace Calls.Server.Mattermost;

/// <summary>What the gateway does on its own: settings, expiry of records, checks of tokens, and the farewell to clients.</summary>
internal sealed partial class GatewayWorker(
    MattermostHost host,
    SettingsReader settings,
    CallTokenRevalidation revalidation,
    ConnectionRegistry registry,
    UpgradeEndpoint upgrades,
    BotSocket socket,
    CommandRegistration commands,
    GatewayOptions options,
    TimeProvider time,
    ILogger<GatewayWorker> log) : BackgroundService, IHostedLifecycleService
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
                settings.RunAsync(stoppingToken),
                revalidation.RunAsync(stoppingToken),
                ExpireAsync(stoppingToken),
                FindBotAsync(stoppingToken),
                options.RegistersCommand ? commands.RunAsync(stoppingToken) : Task.CompletedTask,
                options.ListensAsBot ? socket.RunAsync(stoppingToken) : Task.CompletedTask);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task FindBotAsync(CancellationToken cancellation)
    {
        BotAnswer? told = null;
        while (true)
        {
            BotAnswer answer = await host.TryReadBotAsync(cancellation);
            if (answer != told)
            {
                Tell(answer, told);
                told = answer;
            }

            if (answer is BotAnswer.Accepted or BotAnswer.NotAdministrator)
            {
                return;
            }

            await Task.Delay(BotRetry, time, cancellation);
        }
    }

    // Once for each change: this goes on for as long as Mattermost is away.
    private void Tell(BotAnswer answer, BotAnswer? before)
    {
        switch (answer)
        {
            case BotAnswer.Refused:
                LogRefused();
                break;
            case BotAnswer.JobsBotRefused:
                LogJobsBotRefused();
                break;
            case BotAnswer.NotAdministrator:
                LogNotAdministrator();
                break;
            case BotAnswer.None:
                LogUnreachable(options.MattermostUrl.GetLeftPart(UriPartial.Path));
                break;
            case BotAnswer.Accepted when before is not null:
                LogAccepted();
                break;
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

    [LoggerMessage(EventId = 3003, Level = LogLevel.Warning, Message = "Mattermost at {Url} does not answer; until it does, clients get 503. Correct MattermostURL if it is another.")]
    private partial void LogUnreachable(string url);

    [LoggerMessage(EventId = 3004, Level = LogLevel.Error, Message = "Mattermost refuses the bot's token; give BotToken one of a bot with the role system_admin.")]
    private partial void LogRefused();

    [LoggerMessage(EventId = 3005, Level = LogLevel.Warning, Message = "The bot is no system administrator, so Mattermost will refuse some requests; give it the role system_admin.")]
    private partial void LogNotAdministrator();

    [LoggerMessage(EventId = 3006, Level = LogLevel.Information, Message = "Mattermost answers and knows the bot.")]
    private partial void LogAccepted();

    [LoggerMessage(EventId = 3007, Level = LogLevel.Error, Message = "Mattermost refuses the token of recorder and transcriber; give JobsBotToken one of a bot, or remove it.")]
    private partial void LogJobsBotRefused();
}
