namespace Calls.Server.Rtcd.Configuration;

/// <summary>A STUN or TURN server.</summary>
internal sealed record RtcdIceServer(IReadOnlyList<string> Urls, string Username = "", string Credential = "")
{
    public bool IsStun => Urls.All(static url => IsOf(url, "stun"));

    /// <summary>Why it cannot be used, in the reference's words; <c>null</c> = it can.</summary>
    public string? Fault => Urls.Count == 0 ? "invalid empty URLs"
        : Urls.Any(static url => url.Length == 0) ? "invalid empty URL"
        : IsStun || Urls.All(static url => IsOf(url, "turn")) ? null
        : "URL is not a valid STUN/TURN server";

    /// <summary>Never shows a secret.</summary>
    public override string ToString() => string.Join(',', Urls);

    private static bool IsOf(string url, string scheme) =>
        url.StartsWith(scheme + ":", StringComparison.Ordinal) || url.StartsWith(scheme + "s:", StringComparison.Ordinal);
}
