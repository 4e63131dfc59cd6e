namespace Calls.Domain;

/// <summary>The record of one call (26 characters of [a-z0-9]).</summary>
public readonly record struct CallId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>A Mattermost channel.</summary>
public readonly record struct ChannelId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>A Mattermost user.</summary>
public readonly record struct UserId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>One session of a user in a call: the id of the connection that joined, unchanged for its life (signaling.md 6.1).</summary>
public readonly record struct SessionId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>One resumable Mattermost WebSocket connection.</summary>
public readonly record struct ConnectionId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>A Mattermost post.</summary>
public readonly record struct PostId(string Value)
{
    public override string ToString() => Value;
}
