namespace Calls.Server.Api;

/// <summary>Where the pages of the desktop app and the recorder come from (rest-api.md 3.16).</summary>
/// <param name="Folder"><c>standalone/dist</c> of an unpacked Calls release; <c>null</c> = the pages do not exist.</param>
/// <param name="NeedsRedirectedSocket">
/// Whether the pages, which do not know of a WebSocket URL set in Mattermost, must be led to it (mattermost-integration.md 3.15).
/// </param>
public sealed record StandaloneOptions(string? Folder, Func<bool> NeedsRedirectedSocket);
