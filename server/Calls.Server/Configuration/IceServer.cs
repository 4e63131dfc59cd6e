namespace Calls.Server.Configuration;

/// <summary>One entry of ICEServersConfigs (configuration.md 7.1).</summary>
public sealed record IceServer(IReadOnlyList<string> Urls, string Username = "", string Credential = "")
{
    /// <summary>All its URLs are TURN, and it has neither user name nor credential: credentials are generated for it.</summary>
    public bool NeedsCredentials => Username.Length == 0 && Credential.Length == 0 && Urls.Count > 0
        && Urls.All(url => url.StartsWith("turn:", StringComparison.OrdinalIgnoreCase)
            || url.StartsWith("turns:", StringComparison.OrdinalIgnoreCase));
}
