namespace Calls.StandIn;

/// <summary>Which of the stock server's two encodings an event gets (mattermost-integration.md 11.2, H15).</summary>
public enum EventEncoding
{
    /// <summary>As the stock server: <c>hello</c> and <c>posted</c> compact with a trailing newline, everything else with spaces.</summary>
    Stock,

    /// <summary>Every second event of a connection compact, the others with spaces.</summary>
    Alternating,

    /// <summary>Compact with a trailing newline.</summary>
    Compact,

    /// <summary>A space after each colon and comma of the envelope, no newline.</summary>
    Spaced,
}
