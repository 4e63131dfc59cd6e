using Calls.Server.Observability;
using Calls.Server.Rtcd.Configuration;
using Microsoft.Extensions.Logging.Console;

namespace Calls.Server.Rtcd;

/// <summary>rtcd's two logging targets: standard output and a file (rtcd.md 12).</summary>
internal static class RtcdLogging
{
    private const long MaxFileBytes = 100 * 1024 * 1024;

    /// <returns>Why the file is not written, for the log; <c>null</c> = it is, or is not wanted.</returns>
    public static string? AddRtcdLogging(this ILoggingBuilder logging, RtcdOptions options, TimeProvider time)
    {
        logging.SetMinimumLevel(LogLevel.Trace);
        foreach (string category in (string[])["Microsoft", "System"])
        {
            logging.AddFilter(category, LogLevel.Warning);
        }

        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        if (options.EnableConsole)
        {
            AddConsole(logging, options);
        }

        if (!options.EnableFile)
        {
            return null;
        }

        try
        {
            logging.AddProvider(new FileLogging(new LogFile(options.FileLocation, MaxFileBytes, time), LevelOf(options.FileLevel), options.FileJson, time));
            return null;
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            // As in a container whose file system is read-only: the reference goes on too.
            return unwritable.Message;
        }
    }

    private static void AddConsole(ILoggingBuilder logging, RtcdOptions options)
    {
        LogLevel least = LevelOf(options.ConsoleLevel);
        logging.AddFilter<ConsoleLoggerProvider>((category, level) => level >= least && (level >= LogLevel.Warning || category?.StartsWith("Calls", StringComparison.Ordinal) == true));
        if (options.ConsoleJson)
        {
            logging.AddJsonConsole(static console => console.UseUtcTimestamp = true);
            return;
        }

        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd HH:mm:ss ";
            console.UseUtcTimestamp = true;
            console.ColorBehavior = options.EnableColor ? LoggerColorBehavior.Enabled : LoggerColorBehavior.Disabled;
        });
    }

    private static LogLevel LevelOf(string level) => level.ToLowerInvariant() switch
    {
        "panic" or "fatal" => LogLevel.Critical,
        "error" => LogLevel.Error,
        "warn" => LogLevel.Warning,
        "info" => LogLevel.Information,
        "debug" => LogLevel.Debug,
        _ => LogLevel.Trace,
    };
}
