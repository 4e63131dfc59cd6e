namespace Calls.Rtcd.Protocol;

/// <summary>A message of the <c>/ws</c> connection between a client of rtcd and rtcd (rtcd.md 6.1).</summary>
public abstract record RtcdMessage;

/// <summary><c>hello</c>, to the client: the first message of a connection.</summary>
public sealed record HelloMessage(string ClientId, string ConnectionId) : RtcdMessage;

/// <summary><c>join</c>, to rtcd: create a session. Never acknowledged.</summary>
public sealed record JoinMessage(string CallId, string UserId, string SessionId) : RtcdMessage
{
    /// <summary>As it arrived: a string in every known client, <c>null</c> when absent. It is only shown again.</summary>
    public object? ChannelId { get; init; }

    /// <summary>As it arrived: a bool, <c>null</c> when absent.</summary>
    public object? Av1Support { get; init; }

    /// <summary>As it arrived: a bool, <c>null</c> when absent.</summary>
    public object? DcSignaling { get; init; }
}

/// <summary><c>leave</c>, to rtcd: end a session.</summary>
public sealed record LeaveMessage(string SessionId) : RtcdMessage;

/// <summary><c>reconnect</c>, to rtcd: this session's messages go to this connection from now on.</summary>
public sealed record ReconnectMessage(string SessionId) : RtcdMessage;

/// <summary><c>close</c>, to the client: the session has ended.</summary>
public sealed record CloseMessage(string SessionId) : RtcdMessage;

/// <summary><c>rtc</c>, both ways (rtcd.md 5.1).</summary>
/// <param name="Type">1 to 10; the numbers of Calls.Rtc's message types.</param>
/// <param name="Data">JSON, or empty.</param>
public sealed record RtcMessage(string GroupId, string UserId, string SessionId, string CallId, int Type, ReadOnlyMemory<byte> Data) : RtcdMessage;

/// <summary><c>vad</c>, to the client: the same envelope with type 7 or 8.</summary>
public sealed record VoiceActivityMessage(string GroupId, string UserId, string SessionId, string CallId, int Type) : RtcdMessage;

/// <summary>A message whose type is none of rtcd's. It is counted and ignored.</summary>
public sealed record UnknownMessage : RtcdMessage;
