namespace Calls.Server.Mattermost.Rest;

/// <summary>The plugin that is installed in Mattermost under our id.</summary>
/// <param name="IsActive">Clients see it.</param>
/// <param name="HasServer">It answers for itself: then there are two backends (mattermost-integration.md 6.2).</param>
public sealed record CallsPlugin(string Version, bool IsActive, bool HasServer);
