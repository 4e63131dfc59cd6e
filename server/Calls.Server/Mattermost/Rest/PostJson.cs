using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Ports;

namespace Calls.Server.Mattermost.Rest;

/// <summary>A post as Mattermost sends it.</summary>
internal static class PostJson
{
    public static ChatPost Read(JsonElement post) => new(
        new PostId(post.Text("id")),
        new ChannelId(post.Text("channel_id")),
        post.Text("root_id") is { Length: > 0 } root ? new PostId(root) : null,
        new UserId(post.Text("user_id")),
        post.Text("type"),
        post.Text("message"),
        Value(post.Member("props")) as IReadOnlyDictionary<string, object?> ?? new Dictionary<string, object?>(),
        post.Number("delete_at"));

    private static object? Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.TryGetInt64(out long integer) ? (object)integer : value.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Array => value.EnumerateArray().Select(Value).ToList(),
        JsonValueKind.Object => Map(value),
        _ => null,
    };

    private static Dictionary<string, object?> Map(JsonElement value)
    {
        var map = new Dictionary<string, object?>();
        foreach (JsonProperty property in value.EnumerateObject())
        {
            map[property.Name] = Value(property.Value);
        }

        return map;
    }
}
