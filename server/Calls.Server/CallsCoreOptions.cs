namespace Calls.Server;

/// <summary>What the core needs to know beside the plugin's settings.</summary>
/// <param name="DatabaseFile">The SQLite file.</param>
/// <param name="EndCallsOnStart">End all calls at start instead of keeping them for 60 s (modes.md 12).</param>
public sealed record CallsCoreOptions(string DatabaseFile, bool EndCallsOnStart = false);
