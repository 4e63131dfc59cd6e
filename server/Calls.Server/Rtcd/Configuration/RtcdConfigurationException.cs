namespace Calls.Server.Rtcd.Configuration;

/// <summary>The configuration of rtcd cannot be used; the text says what is wrong, as rtcd does.</summary>
internal sealed class RtcdConfigurationException(string message) : Exception(message);
