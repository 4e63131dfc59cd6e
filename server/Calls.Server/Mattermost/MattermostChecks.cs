using System.Text.Json;
using Calls.Domain.Ports;
using Calls.Server.Configuration;
using Calls.Server.Mattermost.Relay;
using Calls.Server.Mattermost.Rest;

namespace Calls.Server.Mattermost;

/// <summary>Whether Mattermost is set up as the service needs it (mattermost-integration.md 6.2).</summary>
internal sealed class MattermostChecks(MattermostClient rest, SettingsReader reader, SettingsCache cache, GatewayOptions options)
{
    private const string Mask = "********************************";
    private const long SmallFile = 1L << 30;

    /// <summary>Asks Mattermost everything anew.</summary>
    /// <param name="settings">Those in effect.</param>
    public async Task<IReadOnlyList<CheckLine>> RunAsync(CallsSettings settings, CancellationToken cancellation)
    {
        var lines = new List<CheckLine>();
        try
        {
            RestAnswer ping = await rest.GetAsync("/system/ping", RestPriority.Other, cancellation);
            lines.Add(ping.Text("status") == "OK"
                ? CheckLine.Pass("Mattermost", $"answers at {options.MattermostUrl}")
                : CheckLine.Fail("Mattermost", $"at {options.MattermostUrl} does not say that it is well; correct MattermostURL if it is another server"));
            lines.Add(await CheckTokenAsync(cancellation));
            await reader.TryReadAsync(cancellation);
            if (cache.Current is { } read)
            {
                lines.Add(CheckSite(read));
                lines.Add(await CheckListedAsync(cancellation));
                lines.AddRange(CheckPlugin(read));
                lines.AddRange(CheckSettings(read, settings));
            }
        }
        catch (ChatHostException)
        {
            lines.Add(CheckLine.Fail("Mattermost", $"does not answer at {options.MattermostUrl}; start it, or correct MattermostURL"));
        }

        return lines;
    }

    private async Task<CheckLine> CheckTokenAsync(CancellationToken cancellation)
    {
        RestAnswer me = await rest.GetAsync("/users/me", RestPriority.Token, cancellation);
        if (!me.IsSuccess)
        {
            return CheckLine.Fail("BotToken", "is refused by Mattermost; make a token for the bot and give it as BotToken");
        }

        if (!me.Body.Words("roles").Contains("system_admin"))
        {
            return CheckLine.Fail("BotToken", $"belongs to {me.Text("username")}, who is no system administrator; give that account the role system_admin");
        }

        return me.Body.Flag("is_bot")
            ? CheckLine.Pass("BotToken", $"is that of the bot {me.Text("username")}, a system administrator")
            : CheckLine.Warn("BotToken", $"belongs to {me.Text("username")}, who is no bot; calls would hide that user");
    }

    private CheckLine CheckSite(MattermostSettings read)
    {
        if (options.SiteUrl is not { } given)
        {
            return read.SiteUrl.Length > 0
                ? CheckLine.Pass("SiteURL", $"is {read.SiteUrl}, as Mattermost says")
                : CheckLine.Warn("SiteURL", "is set neither here nor in Mattermost; links cannot be made and every origin is its own");
        }

        return read.SiteUrl.Length == 0 || given.ToString().TrimEnd('/') == read.SiteUrl.TrimEnd('/')
            ? CheckLine.Pass("SiteURL", $"is {given}")
            : CheckLine.Fail("SiteURL", $"is {given} here and {read.SiteUrl} in Mattermost; browsers would be refused. Make them equal");
    }

    private async Task<CheckLine> CheckListedAsync(CancellationToken cancellation)
    {
        if (options.TakeOver.Contains("plugins"))
        {
            return CheckLine.Pass("Plugin", "this service tells clients that Calls is installed (TakeOver plugins)");
        }

        RestAnswer listed = await rest.SendAsync(
            HttpMethod.Get, "/plugins/webapp", null, null, RestPriority.Other, isRepeatable: true, cancellation);
        return listed.Body.Items().Any(static plugin => plugin.Text("id") == CallsProtocol.PluginId)
            ? CheckLine.Pass("Plugin", "Mattermost tells clients that Calls is installed")
            : CheckLine.Warn("Plugin", "com.mattermost.calls is not active in Mattermost: clients do not see Calls, and settings of the System Console are invisible. Upload a bundle made by calls pack, or set TakeOver to plugins");
    }

    private static IEnumerable<CheckLine> CheckPlugin(MattermostSettings read)
    {
        if (read.Plugin is not { } plugin)
        {
            yield break;
        }

        if (plugin is { IsActive: true, HasServer: true })
        {
            yield return CheckLine.Fail("Plugin", $"version {plugin.Version} has a server part: two backends answer, and both want UDP 8443. Replace it by a bundle made by calls pack, and set PluginSettings.AutomaticPrepackagedPlugins to false");
        }
        else if (!IsSupported(plugin.Version))
        {
            yield return CheckLine.Warn("Plugin", $"version {plugin.Version} is below 1.0: the web client may be too old for this service");
        }
    }

    private static IEnumerable<CheckLine> CheckSettings(MattermostSettings read, CallsSettings settings)
    {
        if (read.PluginSettings.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty masked in read.PluginSettings.EnumerateObject().Where(static saved => saved.Value.ValueKind == JsonValueKind.String && saved.Value.GetString() == Mask))
            {
                yield return CheckLine.Warn("Settings", $"{masked.Name} is saved in Mattermost but masked; give it in the file or environment, or install a bundle made by calls pack");
            }
        }

        if (read.LimitsRequests)
        {
            yield return CheckLine.Warn("RateLimitSettings", "Mattermost limits requests; all of this service's count as one. Raise PerSec, or limit at the proxy");
        }

        if (settings.EnableRecordings && read.MaxFileSize is > 0 and < SmallFile)
        {
            yield return CheckLine.Warn("FileSettings.MaxFileSize", $"is {read.MaxFileSize >> 20} MiB; longer recordings are refused. Raise it to 1 GiB or more");
        }
    }

    private static bool IsSupported(string version) => !Version.TryParse(version.Split('-', '+')[0], out Version? parsed) || parsed.Major >= 1;
}
