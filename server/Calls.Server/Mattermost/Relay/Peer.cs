namespace Calls.Server.Mattermost.Relay;

/// <summary>Where a client connects from.</summary>
/// <param name="Address">Address of the client as far as the configured proxies can be believed.</param>
/// <param name="ForwardedFor">The X-Forwarded-For header as Mattermost gets it.</param>
internal sealed record Peer(string Address, string ForwardedFor);
