using System.Text.Json;
using System.Text.Json.Nodes;

namespace Calls.StandIn.State;

/// <summary>The configuration in force.</summary>
internal sealed class SettingsStore
{
    private readonly Lock _gate = new();
    private volatile ServerConfig _current;

    public SettingsStore(JsonObject initial)
    {
        _current = new ServerConfig(Wire.ToElement(initial));
    }

    public ServerConfig Current => _current;

    /// <summary>Applies <paramref name="change"/> to a copy and puts that in force.</summary>
    public ServerConfig Change(Action<JsonObject> change)
    {
        lock (_gate)
        {
            JsonObject copy = Wire.ToObject(_current.Root);
            change(copy);
            return _current = new ServerConfig(Wire.ToElement(copy));
        }
    }

    /// <summary>Merges <paramref name="patch"/> into the configuration, object by object; anything else replaces.</summary>
    public ServerConfig Merge(JsonElement patch) => Change(config => Merge(config, patch));

    private static void Merge(JsonObject target, JsonElement patch)
    {
        foreach (JsonProperty property in patch.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Object && target[property.Name] is JsonObject inner)
            {
                Merge(inner, property.Value);
            }
            else
            {
                target[property.Name] = JsonSerializer.SerializeToNode(property.Value);
            }
        }
    }
}
