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
            if (!config.IsSuccess && !client.IsSuccess)
            {
                return false;
            }

            cache.Set(Read(config.Body, client.Body, license.IsSuccess ? license.Body : default));
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
            license);
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
