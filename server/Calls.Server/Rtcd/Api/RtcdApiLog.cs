using System.Net;

namespace Calls.Server.Rtcd.Api;

/// <summary>What the log says of requests: never a header, never a key.</summary>
internal static partial class RtcdApiLog
{
    [LoggerMessage(EventId = 3101, Level = LogLevel.Debug, Message = "api: audit {Remote} {Method} /{Path}: {Status} {Error} clientID {Client}")]
    public static partial void LogAudit(this ILogger log, IPAddress? remote, string method, string path, string status, string error, string client);
}
