using Calls.Domain;

namespace Calls.Server.Mattermost.Relay;

/// <summary>Mattermost's greeting, which names the connection and its user (signaling.md 1.5).</summary>
internal static class Hello
{
    /// <summary>Reads <c>data.connection_id</c> and <c>broadcast.user_id</c>; <c>false</c> if one is missing.</summary>
    public static bool TryRead(ReadOnlySpan<byte> frame, out ConnectionId id, out UserId user)
    {
        (id, user) = (new ConnectionId(""), new UserId(""));
        if (!JsonValue.TryRead(frame.TrimEnd(" \r\n\t"u8), CallsProtocol.MaxDataDepth, out object? value)
            || value is not IReadOnlyDictionary<string, object?> envelope
            || Inner(envelope, "data").GetValueOrDefault("connection_id") is not string { Length: > 0 } connectionId
            || Inner(envelope, "broadcast").GetValueOrDefault("user_id") is not string { Length: > 0 } userId)
        {
            return false;
        }

        (id, user) = (new ConnectionId(connectionId), new UserId(userId));
        return true;
    }

    private static IReadOnlyDictionary<string, object?> Inner(IReadOnlyDictionary<string, object?> envelope, string key) =>
        envelope.GetValueOrDefault(key) as IReadOnlyDictionary<string, object?> ?? new Dictionary<string, object?>();
}
