using Calls.Rtcd.Protocol;

namespace Calls.Server.Rtcd.Sessions;

/// <summary>What the log says of connections and sessions; never what a message contains.</summary>
internal static partial class RtcdSessionsLog
{
    [LoggerMessage(EventId = 3001, Level = LogLevel.Information, Message = "service: mattermost client successfully connected, connID {Connection}, clientID {Client}")]
    public static partial void LogConnected(this ILogger log, string connection, string client);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Information, Message = "service: mattermost client disconnected, connID {Connection}, clientID {Client}")]
    public static partial void LogDisconnected(this ILogger log, string connection, string client);

    [LoggerMessage(EventId = 3003, Level = LogLevel.Debug, Message = "service: a frame on {Connection} is ignored: {Result}")]
    public static partial void LogUnreadable(this ILogger log, string connection, RtcdReadResult result);

    [LoggerMessage(EventId = 3004, Level = LogLevel.Debug, Message = "service: unexpected client message on {Connection}")]
    public static partial void LogUnexpected(this ILogger log, string connection);

    [LoggerMessage(EventId = 3005, Level = LogLevel.Error, Message = "service: failed to initialize rtc session on {Connection}: {Reason}")]
    public static partial void LogJoinFailed(this ILogger log, string connection, string reason);

    [LoggerMessage(EventId = 3007, Level = LogLevel.Debug, Message = "rtc: a screen is shared by somebody else, on {Connection}")]
    public static partial void LogNotSharing(this ILogger log, string connection);

    [LoggerMessage(EventId = 3006, Level = LogLevel.Debug, Message = "rtc: session not found, on {Connection}")]
    public static partial void LogNoSession(this ILogger log, string connection);
}
