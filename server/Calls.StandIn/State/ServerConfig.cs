using System.Text.Json;

namespace Calls.StandIn.State;

/// <summary>One version of the server's configuration: an immutable JSON tree in the shape of <c>config.json</c>.</summary>
internal sealed class ServerConfig(JsonElement root)
{
    public JsonElement Root { get; } = root;

    public string String(string section, string key) =>
        Find(section, key) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : "";

    public bool Bool(string section, string key) => Find(section, key) is { ValueKind: JsonValueKind.True };

    public int Int(string section, string key) =>
        Find(section, key) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int number) ? number : 0;

    private JsonElement? Find(string section, string key) =>
        Root.TryGetProperty(section, out JsonElement inner) && inner.TryGetProperty(key, out JsonElement value) ? value : null;
}
