using Calls.Domain.Ports;

namespace Calls.Server.Signaling;

/// <summary>Failures of background work in the program's log.</summary>
internal sealed partial class CallLog(ILogger<CallLog> log) : ICallLog
{
    public void Failed(string operation, Exception exception) => LogFailed(operation, exception);

    [LoggerMessage(2101, LogLevel.Warning, "{Operation} failed")]
    private partial void LogFailed(string operation, Exception exception);
}
