namespace Calls.Server.Mattermost;

/// <summary>Times of the gateway; the defaults are those of mattermost-integration.md 3.6 to 3.11, 7.7 and 9.3.</summary>
public sealed record GatewayTimings
{
    /// <summary>How long a record waits for its client to come back.</summary>
    public TimeSpan DetachedLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often records without client are looked at.</summary>
    public TimeSpan ExpiryInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a socket may stay without proof of its user; Mattermost itself closes after 5 s.</summary>
    public TimeSpan IdentifyTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the closing handshake of a socket may take.</summary>
    public TimeSpan UpstreamCloseWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A write to a client that takes longer ends its socket.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Between two WebSocket pings; with <see cref="KeepAliveTimeout"/> a dead peer is found within 100 s.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(70);

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>For a REST answer of Mattermost, and for its answer to an upgrade.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Waits before the first and the second retry.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan SecondRetry { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromSeconds(45);

    public TimeSpan InvalidTokenLifetime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Between two checks of the token of a call's participant, before stretching.</summary>
    public TimeSpan Revalidation { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Over which the sockets are closed when the gateway stops.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(10);
}
