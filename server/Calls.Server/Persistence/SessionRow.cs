namespace Calls.Server.Persistence;

/// <summary>A row of <c>calls_sessions</c> joined with its row of <c>calls_bindings</c>.</summary>
internal sealed class SessionRow
{
    public string Id { get; init; } = "";

    public string CallId { get; init; } = "";

    public string UserId { get; init; } = "";

    public long JoinAt { get; init; }

    public bool? Unmuted { get; init; }

    public long? RaisedHand { get; init; }

    /// <summary><c>null</c> in rows older than the column.</summary>
    public bool? Video { get; init; }

    /// <summary><c>null</c> if the session was written by somebody else, who has no bindings.</summary>
    public string? ConnectionId { get; init; }

    public long? Binding { get; init; }

    public long? SocketDownAt { get; init; }

    public string? MediaState { get; init; }
}
