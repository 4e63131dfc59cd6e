namespace Calls.Server.Commands;

/// <summary>The rtcd could not be started; the text says why, in rtcd's words.</summary>
internal sealed class RtcdStartException(string message, Exception? inner = null) : Exception(message, inner);
