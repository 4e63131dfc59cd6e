using Calls.Server.Configuration;
using Microsoft.Extensions.Logging.Console;

namespace Calls.Server.Observability;

/// <summary>Logs go to standard error, so that standard output stays what a command prints.</summary>
internal static class ConsoleLogging
{
    public static ILoggingBuilder AddSidecarConsole(this ILoggingBuilder logging, SidecarOptions options)
    {
        logging.SetMinimumLevel(options.LogLevel);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);

        // A start that fails is told by the command in one sentence.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        if (options.LogAsJson)
        {
            logging.AddJsonConsole(static console => console.UseUtcTimestamp = true);
        }
        else
        {
            logging.AddSimpleConsole(static console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss ";
            });
        }

        logging.Services.Configure<ConsoleLoggerOptions>(static console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        return logging;
    }
}
