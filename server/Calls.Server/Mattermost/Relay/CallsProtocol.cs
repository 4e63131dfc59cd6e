namespace Calls.Server.Mattermost.Relay;

/// <summary>Names and limits of Mattermost's WebSocket that the relay touches.</summary>
internal static class CallsProtocol
{
    public const string PluginId = "com.mattermost.calls";

    /// <summary>Prefix of every action and event of ours (signaling.md 0.4).</summary>
    public const string Prefix = "custom_com.mattermost.calls_";

    /// <summary>Largest client frame in bytes; one more closes the socket with 1009 (mattermost-integration.md 3.4).</summary>
    public const int MaxClientFrameBytes = 8192;

    /// <summary>Largest frame taken from Mattermost, in bytes (mattermost-integration.md 3.8).</summary>
    public const int MaxUpstreamFrameBytes = 64 << 20;

    /// <summary>Numbers of requests the gateway itself makes; no client counts that far.</summary>
    public const long FirstProbe = 9_007_199_254_000_000;

    /// <summary>Arrays and maps in each other that the data of an action may have.</summary>
    public const int MaxDataDepth = 32;
}
