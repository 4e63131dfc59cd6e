using System.Collections;
using System.CommandLine;
using System.Net;
using Calls.Rtc;
using Calls.Server.Configuration;
using Calls.Server.Mattermost;
using Calls.Server.Mattermost.Rest;
using Calls.Server.Observability;

namespace Calls.Server.Commands;

/// <summary><c>calls serve</c>: the sidecar in front of a real Mattermost.</summary>
internal static class ServeCommand
{
    private const string DefaultFile = "calls.json";
    private const string DisableVariable = "MM_CALLS_DISABLE";

    private static readonly TimeSpan FirstAnswerLimit = TimeSpan.FromSeconds(5);

    public static Command Create(Option<string?> settings)
    {
        var command = new Command("serve", "Puts the sidecar in front of Mattermost (also what calls does without a command).\n\nExample: calls serve --settings /etc/calls.json") { settings };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(settings), cancellation));
        return command;
    }

    /// <summary>The file to read settings from; shared with the root, which serves too.</summary>
    public static Option<string?> SettingsOption() => new("--settings") { Description = $"JSON file with settings; {DefaultFile} in the working directory by default, if it exists." };

    public static async Task<int> RunAsync(string? settingsFile, CancellationToken cancellation)
    {
        RtcServer.RequireLibraries();
        if (Environment.GetEnvironmentVariable(DisableVariable) == "true")
        {
            throw new ConfigurationException([new(DisableVariable, SettingOrigin.Environment, "true", "disabled by environment flag")]);
        }

        SettingSources sources = ReadSources(settingsFile);
        SidecarOptions options = Read(sources) with { Jobs = JobServiceOptions.Read(EnvironmentVariables()) };
        MattermostFacts? facts = (await MattermostGateway.TryReadSettingsAsync(Sidecar.Gateway(options), FirstAnswerLimit, cancellation))?.Facts;
        while (true)
        {
            CallsSettings settings = Settings(sources, options, facts);
            await using Sidecar sidecar = await Sidecar.StartAsync(options, new CallsSettings(), Media(settings, options), addRoutes: null, cancellation, null, sources, facts);
            HostTuning host = HostTuning.Of(sidecar.Media);
            sidecar.Log.LogHost(host.Description);
            foreach (string advice in host.Advice)
            {
                sidecar.Log.LogSettingsWarning(advice);
            }

            sidecar.Log.LogStarted(
                string.Join(", ", sidecar.Addresses), $"{sidecar.AdminAddress}", sidecar.MediaPort, string.Join(", ", sidecar.AdvertisedAddresses));
            _ = CheckAsync(sidecar, cancellation);
            if (facts is not null)
            {
                await sidecar.WaitAsync(cancellation);
                return ExitCode.Done;
            }

            // Until Mattermost answered, nobody could have joined a call: now the settings saved there can still be those of the start.
            Task ended = sidecar.WaitAsync(cancellation);
            if (await Task.WhenAny(ended, sidecar.FirstSettings) == ended)
            {
                await ended;
                return ExitCode.Done;
            }

            IReadOnlyList<string> differing = SettingsLoader.NeedRestart(settings, await sidecar.FirstSettings);
            if (differing.Count == 0)
            {
                await ended;
                return ExitCode.Done;
            }

            sidecar.Log.LogStartsAgain(string.Join(", ", differing));
            facts = sidecar.Services.GetRequiredService<SettingsCache>().Current?.Facts;
            await sidecar.StopAsync(CancellationToken.None);
        }
    }

    // In the background: nothing waits for what it says.
    private static async Task CheckAsync(Sidecar sidecar, CancellationToken cancellation)
    {
        try
        {
            await sidecar.LogChecksAsync(cancellation);
        }
        catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
        {
            // The service ended before.
        }
    }

    private static RtcServerOptions Media(CallsSettings settings, SidecarOptions options) => new()
    {
        ListenAddresses = settings.UDPServerAddress.Length == 0 ? [] : [IPAddress.Parse(settings.UDPServerAddress)],
        UdpPort = settings.UDPServerPort,
        TcpListenAddresses = settings.TCPServerAddress.Length == 0 ? [] : [IPAddress.Parse(settings.TCPServerAddress)],
        TcpPort = settings.TCPServerPort,
        EnableIPv6 = settings.EnableIPv6,
        IceHostOverride = settings.ICEHostOverride,
        IceHostPortOverride = settings.ICEHostPortOverride,
        IceServerUrls = [.. settings.ICEServersConfigs.SelectMany(static server => server.Urls), .. settings.ICEServers],
        DtlsActive = options.DtlsActive,
    };

    /// <summary>Puts the settings of a deployment together.</summary>
    public static SettingsLoader Loader(SettingSources sources, SidecarOptions options) => new(
        sources, new CallsSettings(), new LicenseGate(options.LicenseGating, options.LicenseOverride, sources.Variable("MM_CALLS_GROUP_CALLS_ALLOWED") == "true"));

    /// <summary>The settings to start with: those of the console too, unless they cannot be used.</summary>
    private static CallsSettings Settings(SettingSources sources, SidecarOptions options, MattermostFacts? facts)
    {
        SettingsLoader loader = Loader(sources, options);
        return loader.Load(facts ?? MattermostFacts.Unknown).Settings ?? loader.Load(MattermostFacts.Unknown).Settings!;
    }

    /// <summary>Environment and file.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read.</exception>
    public static SettingSources ReadSources(string? settingsFile) => new(
        new Dictionary<string, string>(), EnvironmentVariables(), ReadFile(settingsFile), CallsSettingsReader.IsPluginKey, settingsFile ?? DefaultFile);

    /// <summary>Faults of both kinds of settings are reported together; those of the plugin are read again with what Mattermost says.</summary>
    public static SidecarOptions Read(SettingSources sources)
    {
        var faults = new List<ConfigurationFault>();
        SidecarOptions? options = Collect(() => new SidecarOptionsReader(sources, File.ReadAllText).Read(needsMattermost: true, isTerminal: !Console.IsErrorRedirected));
        _ = Collect(new CallsSettingsReader(sources, new CallsSettings()).Read);
        return faults.Count == 0 ? options! : throw new ConfigurationException(faults);

        T? Collect<T>(Func<T> read)
            where T : class
        {
            try
            {
                return read();
            }
            catch (ConfigurationException refused)
            {
                faults.AddRange(refused.Faults);
                return null;
            }
        }
    }

    private static string? ReadFile(string? given)
    {
        string file = given ?? DefaultFile;
        if (given is null && !File.Exists(file))
        {
            return null;
        }

        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException([new("--settings", SettingOrigin.CommandLine, file, "the file cannot be read")]);
        }
    }

    private static Dictionary<string, string> EnvironmentVariables() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToDictionary(static variable => (string)variable.Key, static variable => (string?)variable.Value ?? "");
}
