using System.Text.Json;
using System.Text.Json.Nodes;

namespace Calls.Server.Commands.Pack;

/// <summary>The manifest of the bundle: one of the plugin, without what would make it a second backend.</summary>
internal static class PluginManifest
{
    /// <param name="json">Text of <c>plugin.json</c>.</param>
    /// <exception cref="InvalidDataException">It is not the manifest of Calls.</exception>
    public static byte[] WithoutServer(string json, string version, bool keepsSecrets)
    {
        JsonObject manifest;
        try
        {
            manifest = JsonNode.Parse(json) as JsonObject ?? throw new InvalidDataException("The manifest is no JSON object.");
        }
        catch (JsonException malformed)
        {
            throw new InvalidDataException($"The manifest is no JSON: {malformed.Message}", malformed);
        }

        if ((string?)manifest["id"] != "com.mattermost.calls")
        {
            throw new InvalidDataException("The manifest is not that of com.mattermost.calls.");
        }

        manifest.Remove("server");
        manifest["version"] = version;
        manifest["webapp"] ??= new JsonObject { ["bundle_path"] = "webapp/dist/main.js" };
        if (!keepsSecrets)
        {
            Reveal(manifest["settings_schema"]);
        }

        return JsonSerializer.SerializeToUtf8Bytes(manifest, new JsonSerializerOptions { WriteIndented = true });
    }

    // Mattermost masks a setting if either the flat list or a section calls it secret.
    private static void Reveal(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject member:
                member.Remove("secret");
                foreach ((string _, JsonNode? value) in member.ToList())
                {
                    Reveal(value);
                }

                break;
            case JsonArray items:
                foreach (JsonNode? item in items)
                {
                    Reveal(item);
                }

                break;
        }
    }
}
