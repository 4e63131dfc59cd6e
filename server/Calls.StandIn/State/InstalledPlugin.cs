using System.Text.Json;

namespace Calls.StandIn.State;

/// <summary>A plugin: its manifest as <c>plugin.json</c> says it, whether it is enabled, and the files of its bundle.</summary>
internal sealed record InstalledPlugin(string Id, JsonElement Manifest, bool IsEnabled, IReadOnlyDictionary<string, byte[]> Files)
{
    public bool HasWebapp => Manifest.TryGetProperty("webapp", out JsonElement webapp) && webapp.ValueKind == JsonValueKind.Object;

    public bool HasServer => Manifest.TryGetProperty("server", out JsonElement server) && server.ValueKind == JsonValueKind.Object;

    /// <summary>Lower-case keys of the settings that the manifest flags as secret.</summary>
    public IReadOnlySet<string> SecretKeys()
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        if (Manifest.TryGetProperty("settings_schema", out JsonElement schema) && schema.ValueKind == JsonValueKind.Object)
        {
            Collect(schema);
            if (schema.TryGetProperty("sections", out JsonElement sections) && sections.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement section in sections.EnumerateArray())
                {
                    Collect(section);
                }
            }
        }

        return keys;

        void Collect(JsonElement holder)
        {
            if (!holder.TryGetProperty("settings", out JsonElement settings) || settings.ValueKind != JsonValueKind.Array)
            {
                return;
            }

            foreach (JsonElement setting in settings.EnumerateArray())
            {
                if (setting.TryGetProperty("secret", out JsonElement secret) && secret.ValueKind == JsonValueKind.True)
                {
                    keys.Add(setting.GetProperty("key").GetString()!.ToLowerInvariant());
                }
            }
        }
    }
}
