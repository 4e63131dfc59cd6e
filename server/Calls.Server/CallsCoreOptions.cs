using Calls.Server.Configuration;

namespace Calls.Server;

/// <summary>What the core needs to know beside the plugin's settings.</summary>
/// <param name="DatabaseFile">The SQLite file, unless there is <paramref name="Postgres"/>.</param>
/// <param name="EndCallsOnStart">End all calls at start instead of keeping them for 60 s (modes.md 12).</param>
/// <param name="Postgres">The PostgreSQL database.</param>
internal sealed record CallsCoreOptions(string DatabaseFile, bool EndCallsOnStart = false, PostgresUrl? Postgres = null);
