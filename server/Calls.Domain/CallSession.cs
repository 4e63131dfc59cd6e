namespace Calls.Domain;

/// <summary>One session of a user in a call (signaling.md 6.1).</summary>
public sealed record CallSession
{
    public required SessionId Id { get; init; }

    public required UserId User { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public required long JoinedAt { get; init; }

    public bool IsUnmuted { get; init; }

    /// <summary>Unix milliseconds; 0 while lowered.</summary>
    public long RaisedHandAt { get; init; }

    public bool HasVideo { get; init; }

    /// <summary>The connection that events for this session go to; another than <see cref="Id"/> after a reconnect.</summary>
    public required ConnectionId Connection { get; init; }

    /// <summary>Rises with every socket that takes the session over, so that a stale timer can prove nothing (modes.md 14).</summary>
    public long Binding { get; init; } = 1;

    /// <summary>When the socket of <see cref="Connection"/> was seen to be dead, in Unix milliseconds; 0 while it is up.</summary>
    public long SocketDownAt { get; init; }

    /// <summary>Its media is gone for good: the process that had it ended.</summary>
    public bool IsMediaLost { get; init; }
}
