using System.Text.Json;
using Calls.Domain.Ports;

namespace Calls.Server.Mattermost.Rest;

/// <summary>Reads Mattermost's configuration and licence, at start, after their events and every five minutes (mattermost-integration.md 5.4, 7.4).</summary>
internal sealed class SettingsReader(MattermostClient rest, SettingsCache cache, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    // One save raises the event on every socket, and several saves may follow each other.
    private static readonly TimeSpan Debounce = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _wake = new(0, 1);

    /// <summary>Keeps the settings current until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            bool isRead = await TryReadAsync(cancellation);
            await WaitAsync(isRead ? Interval : Retry, cancellation);
        }
    }

    /// <summary>Reads again soon. Any thread, returns at once.</summary>
    public void Reload()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Already asked for.
        }
    }

    /// <summary>Reads once; <c>false</c> if Mattermost did not answer.</summary>
    public async Task<bool> TryReadAsync(CancellationToken cancellation)
    {
        try
        {
            RestAnswer config = await rest.GetAsync("/config", RestPriority.Other, cancellation);
            RestAnswer client = await rest.GetAsync("/config/client?format=old", RestPriority.Other, cancellation);
            RestAnswer license = await rest.GetAsync("/license/client?format=old", RestPriority.Other, cancellation);
            RestAnswer plugins = await rest.GetAsync("/plugins", RestPriority.Other, cancellation);
            if (!config.IsSuccess && !client.IsSuccess)
            {
                return false;
            }

            MattermostSettings read = Read(config.Body, client.Body, license.IsSuccess ? license.Body : default);
            if (!config.IsSuccess && cache.Current is { } before)
            {
                // The bot lost a right: what it saw before is still the best that is known.
                read = read with { PluginSettings = before.PluginSettings };
            }

            cache.Set(read with { Plugin = plugins.IsSuccess ? PluginOf(plugins.Body) : null, IsPluginKnown = plugins.IsSuccess });
            return true;
        }
        catch (ChatHostException)
        {
            return false;
        }
    }

    public void Dispose() => _wake.Dispose();

    private static MattermostSettings Read(JsonElement config, JsonElement client, JsonElement license)
    {
        JsonElement service = config.Member("ServiceSettings");
        string site = service.Text("SiteURL");
        return new MattermostSettings(
            site.Length > 0 ? site : client.Text("SiteURL"),
            service.Text("AllowCorsFrom"),
            service.Flag("ExperimentalStrictCSRFEnforcement"),
            client.Text("Version"),
            config.Member("PluginSettings").Member("Plugins").Member(Relay.CallsProtocol.PluginId),
            license)
        {
            IsDeveloper = service.Flag("EnableTesting") && service.Flag("EnableDeveloper"),
            ShowFullName = config.Member("PrivacySettings").Member("ShowFullName").ValueKind != JsonValueKind.False,
            WebsocketUrl = service.Text("WebsocketURL"),
            PushContents = config.Member("EmailSettings").Text("PushNotificationContents"),
            EnablesCommands = service.Member("EnableCommands").ValueKind != JsonValueKind.False,
            LimitsRequests = config.Member("RateLimitSettings").Flag("Enable"),
            MaxFileSize = config.Member("FileSettings").Number("MaxFileSize"),
        };
    }

    private static CallsPlugin? PluginOf(JsonElement plugins) =>
        Find(plugins.Member("active"), isActive: true) ?? Find(plugins.Member("inactive"), isActive: false);

    private static CallsPlugin? Find(JsonElement manifests, bool isActive)
    {
        JsonElement ours = manifests.Items().FirstOrDefault(static manifest => manifest.Text("id") == Relay.CallsProtocol.PluginId);
        return ours.ValueKind == JsonValueKind.Object
            ? new CallsPlugin(ours.Text("version"), isActive, ours.Member("server").ValueKind == JsonValueKind.Object)
            : null;
    }

    private async Task WaitAsync(TimeSpan limit, CancellationToken cancellation)
    {
        Task woken = _wake.WaitAsync(cancellation);
        Task first = await Task.WhenAny(woken, Task.Delay(limit, time, cancellation)).ConfigureAwait(false);
        if (first == woken && !cancellation.IsCancellationRequested)
        {
            await Task.Delay(Debounce, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
