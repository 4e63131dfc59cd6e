using System.Collections;
using System.CommandLine;
using System.Net;
using Calls.Rtc;
using Calls.Server.Configuration;
using Calls.Server.Jobs;

namespace Calls.Server.Commands;

/// <summary><c>calls serve</c>: the sidecar in front of a real Mattermost.</summary>
internal static class ServeCommand
{
    private const string DefaultFile = "calls.json";
    private const string DisableVariable = "MM_CALLS_DISABLE";

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
        (SidecarOptions options, CallsSettings settings, IReadOnlyList<string> warnings) = Read(sources);
        options = options with { Jobs = JobServiceOptions.Read(EnvironmentVariables()) };
        var media = new RtcServerOptions
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
            LoudestVoices = options.LoudestVoices,
        };
        await using Sidecar sidecar = await Sidecar.StartAsync(options, settings, media, addRoutes: null, cancellation);
        foreach (string warning in warnings)
        {
            sidecar.Log.LogSettingsWarning(warning);
        }

        sidecar.Log.LogStarted(
            string.Join(", ", sidecar.Addresses), $"{sidecar.AdminAddress}", sidecar.MediaPort, string.Join(", ", sidecar.AdvertisedAddresses));
        await sidecar.WaitAsync(cancellation);
        return ExitCode.Done;
    }

    /// <summary>Environment and file.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read.</exception>
    public static SettingSources ReadSources(string? settingsFile) => new(
        new Dictionary<string, string>(), EnvironmentVariables(), ReadFile(settingsFile), CallsSettingsReader.IsPluginKey, settingsFile ?? DefaultFile);

    /// <summary>Faults of both kinds of settings are reported together.</summary>
    private static (SidecarOptions Options, CallsSettings Settings, IReadOnlyList<string> Warnings) Read(SettingSources sources)
    {
        var faults = new List<ConfigurationFault>();
        var callsReader = new CallsSettingsReader(sources, new CallsSettings());
        SidecarOptions? options = Collect(() => new SidecarOptionsReader(sources, File.ReadAllText).Read(needsMattermost: true, isTerminal: !Console.IsErrorRedirected));
        CallsSettings? settings = Collect(callsReader.Read);
        return faults.Count == 0 ? (options!, settings!, callsReader.Warnings) : throw new ConfigurationException(faults);

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
