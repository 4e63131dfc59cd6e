namespace Calls.Server.Jobs;

/// <summary>The job service refused a request or could not be reached; the text is for the host and the log, and holds no secret.</summary>
internal sealed class OffloaderException(string message, Exception? inner = null) : Exception(message, inner);
