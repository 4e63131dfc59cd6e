namespace Calls.Server.Signaling;

// The action is one of the fixed list wherever it is logged.
internal sealed partial class ClientMessageDispatcher
{
    [LoggerMessage(2001, LogLevel.Debug, "invalid message type")]
    private partial void LogInvalidType();

    [LoggerMessage(2002, LogLevel.Warning, "rate limited: {Action} dropped")]
    private partial void LogRateLimited(string action);

    [LoggerMessage(2003, LogLevel.Warning, "message queue full: {Action} dropped")]
    private partial void LogQueueFull(string action);

    [LoggerMessage(2004, LogLevel.Information, "handleClientMsg failed for {Action}: {Problem}")]
    private partial void LogHandlerFailed(string action, string problem);

    [LoggerMessage(2005, LogLevel.Error, "handling {Action} failed unexpectedly")]
    private partial void LogDefect(string action, Exception defect);
}
