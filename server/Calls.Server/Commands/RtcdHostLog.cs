namespace Calls.Server.Commands;

/// <summary>What the log of <c>calls rtcd</c> says, in rtcd's words where operators look for them (rtcd.md 12).</summary>
internal static partial class RtcdHostLog
{
    [LoggerMessage(EventId = 3201, Level = LogLevel.Information, Message = "service: starting up, buildVersion {Version}")]
    public static partial void LogStarting(this ILogger log, string version);

    [LoggerMessage(EventId = 3202, Level = LogLevel.Information, Message = "api: server is listening on {Address}")]
    public static partial void LogApiListening(this ILogger log, string address);

    [LoggerMessage(EventId = 3203, Level = LogLevel.Information, Message = "rtc: {Line}")]
    public static partial void LogMedia(this ILogger log, string line);

    [LoggerMessage(EventId = 3204, Level = LogLevel.Information, Message = "rtc: server is listening on udp port {Port}")]
    public static partial void LogMediaListening(this ILogger log, int port);

    [LoggerMessage(EventId = 3205, Level = LogLevel.Information, Message = "rtc: sessions ongoing, draining before exiting: {Count}")]
    public static partial void LogDraining(this ILogger log, int count);
}
