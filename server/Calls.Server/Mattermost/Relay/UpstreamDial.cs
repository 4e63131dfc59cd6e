namespace Calls.Server.Mattermost.Relay;

/// <summary>An upgrade request for Mattermost.</summary>
/// <param name="PathAndQuery">Below Mattermost's base URL, starting with a slash.</param>
/// <param name="Headers">Copied as they are.</param>
internal sealed record UpstreamDial(string PathAndQuery, string Host, IReadOnlyList<KeyValuePair<string, string>> Headers);
