namespace Calls.Server.Commands;

/// <summary>What the log says of the service as a whole.</summary>
internal static partial class SidecarLog
{
    /// <summary>The first line of the log.</summary>
    [LoggerMessage(EventId = 1001, Level = LogLevel.Information, Message = "Mode {Mode} on node {Node}: {Why}.")]
    public static partial void LogMode(this ILogger log, string mode, string node, string why);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Information, Message = "Gateway on {Gateway}, health on {Health}, media on UDP {MediaPort}, advertised as {Advertised}.")]
    public static partial void LogStarted(this ILogger log, string gateway, string health, int mediaPort, string advertised);

    [LoggerMessage(EventId = 1003, Level = LogLevel.Warning, Message = "Starting again with settings saved in Mattermost: {Settings}.")]
    public static partial void LogStartsAgain(this ILogger log, string settings);

    /// <summary>What the machine gives the program.</summary>
    [LoggerMessage(EventId = 1005, Level = LogLevel.Information, Message = "{Host}")]
    public static partial void LogHost(this ILogger log, string host);

    /// <summary>Something that does not stop the start; the sentence says what.</summary>
    [LoggerMessage(EventId = 1004, Level = LogLevel.Warning, Message = "{Warning}")]
    public static partial void LogSettingsWarning(this ILogger log, string warning);

    /// <summary>A line of the self-check that did not pass.</summary>
    [LoggerMessage(EventId = 1006, Message = "{Name}: {Text}")]
    public static partial void LogCheck(this ILogger log, LogLevel level, string name, string text);
}
