using System.Collections;
using System.CommandLine;
using System.Runtime.InteropServices;
using Calls.Rtc;
using Calls.Server.Rtcd.Configuration;

namespace Calls.Server.Commands;

/// <summary><c>calls rtcd</c>: takes the place of mattermost/rtcd. Exit codes are rtcd's: 0, and 1 for every failure.</summary>
internal static class RtcdCommand
{
    public const string Name = "rtcd";

    private const string DefaultFile = "config/config.toml";

    public static Command Create()
    {
        var config = new Option<string>("--config", "-config") { Description = "TOML file with rtcd's settings; RTCD_* variables stand above it.", DefaultValueFactory = static _ => DefaultFile };
        var strict = new Option<bool>("--strict") { Description = "Refuse the names of settings that circulate in guides but are not rtcd's." };
        var command = new Command(Name, "Only the media server, behind the API of mattermost/rtcd, in whose place it can be started.\n\nExample: calls rtcd --config /config/config.toml")
        {
            config, strict,
        };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(config)!, parsed.GetValue(strict), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string file, bool isStrict, CancellationToken cancellation)
    {
        try
        {
            RtcServer.RequireLibraries();
            (RtcdOptions options, IReadOnlyList<string> warnings) = Load(file, isStrict);
            await ServeAsync(options, warnings, cancellation);
            return ExitCode.Done;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Done; // asked to stop before it had started
        }
        catch (Exception failure) when (failure is RtcdStartException or RtcException)
        {
            await Console.Error.WriteLineAsync($"rtcd: {failure.Message}");
            return ExitCode.Failed;
        }
    }

    private static async Task ServeAsync(RtcdOptions options, IReadOnlyList<string> warnings, CancellationToken cancellation)
    {
        // Only the first signal counts, later ones are swallowed: a drain is cut short by SIGKILL alone (rtcd.md 1).
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnSignal(PosixSignalContext signal)
        {
            signal.Cancel = true;
            asked.TrySetResult();
        }

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        await using CancellationTokenRegistration cancelled = cancellation.Register(() => asked.TrySetResult());
        await using RtcdHost host = await RtcdHost.StartAsync(options, warnings, cancellation);
        await asked.Task;
        await host.DrainAsync(CancellationToken.None);
    }

    private static (RtcdOptions Options, IReadOnlyList<string> Warnings) Load(string file, bool isStrict)
    {
        RtcdSources sources;
        RtcdOptions options;
        try
        {
            sources = new(EnvironmentVariables(), ReadFile(file), file, isStrict);
            options = RtcdOptionsReader.Read(sources);
        }
        catch (RtcdConfigurationException unreadable)
        {
            throw new RtcdStartException($"failed to load config: {unreadable.Message}", unreadable);
        }

        try
        {
            RtcdOptionsReader.Validate(options);
        }
        catch (RtcdConfigurationException invalid)
        {
            throw new RtcdStartException($"failed to validate config: {invalid.Message}", invalid);
        }

        return (options, sources.Warnings);
    }

    private static TomlSettings ReadFile(string file)
    {
        if (!File.Exists(file))
        {
            Console.Error.WriteLine($"config file not found at {file}, using defaults");
            return TomlSettings.Empty;
        }

        try
        {
            return TomlSettings.Parse(File.ReadAllText(file), file);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new RtcdConfigurationException(unreadable.Message);
        }
    }

    private static Dictionary<string, string> EnvironmentVariables() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToDictionary(static variable => (string)variable.Key, static variable => (string?)variable.Value ?? "");
}
