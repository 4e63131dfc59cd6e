using System.Text.Json.Nodes;
using Calls.StandIn.State;

namespace Calls.StandIn.Hub;

/// <summary>An event with everything but its sequence number already encoded.</summary>
internal sealed class WebSocketEvent
{
    private readonly byte[] _name;
    private readonly byte[] _data;
    private readonly byte[] _broadcast;

    public WebSocketEvent(string name, JsonObject? data, Broadcast broadcast, string? subjectUserId = null)
    {
        Name = name;
        Broadcast = broadcast;
        SubjectUserId = subjectUserId;
        _name = Wire.ToUtf8(name);
        _data = data is null ? "{}"u8.ToArray() : Wire.ToUtf8<JsonNode>(data);
        _broadcast = Wire.ToUtf8(broadcast);
    }

    public string Name { get; }

    public Broadcast Broadcast { get; }

    /// <summary>The user an event is about, where guests may see only users they share a team or channel with.</summary>
    public string? SubjectUserId { get; }

    /// <summary>The JSON text frame with sequence number <paramref name="seq"/> in one of the two stock encodings.</summary>
    public byte[] Encode(long seq, bool compact)
    {
        byte[] number = Wire.ToUtf8(seq);
        return compact
            ? [.. "{\"event\":"u8, .. _name, .. ",\"data\":"u8, .. _data, .. ",\"broadcast\":"u8, .. _broadcast, .. ",\"seq\":"u8, .. number, .. "}\n"u8]
            : [.. "{\"event\": "u8, .. _name, .. ", \"data\": "u8, .. _data, .. ", \"broadcast\": "u8, .. _broadcast, .. ", \"seq\": "u8, .. number, .. "}"u8];
    }
}
