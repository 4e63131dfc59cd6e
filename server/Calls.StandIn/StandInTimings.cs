namespace Calls.StandIn;

/// <summary>The hub's constants; the defaults are those of the stock server (mattermost-integration.md 11.2, H4, H13, H14, H16, H18).</summary>
public sealed record StandInTimings
{
    /// <summary>A socket that did not authenticate within this time is closed.</summary>
    public TimeSpan AuthCheck { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Time between two WebSocket pings.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A socket without a pong for this time is dropped; data does not count.</summary>
    public TimeSpan PongWait { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>A single write that takes longer closes the socket.</summary>
    public TimeSpan WriteWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often inactive connections are reaped, and the age at which they are.</summary>
    public TimeSpan ReaperInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a connection believes its list of channels.</summary>
    public TimeSpan MemberCache { get; init; } = TimeSpan.FromMinutes(30);
}
