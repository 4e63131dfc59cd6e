using System.Text.Json.Nodes;

namespace Calls.Server.Commands;

/// <summary>Our entry in <c>GET /api/v4/plugins/webapp</c>: the plugin's manifest as clients see it (configuration.md 10).</summary>
internal static class WebappManifest
{
    public static string Json { get; } = Read();

    private static string Read()
    {
        using Stream resource = typeof(WebappManifest).Assembly.GetManifestResourceStream("manifest.json")
            ?? throw new InvalidOperationException("The manifest is not part of this build.");
        JsonObject manifest = JsonNode.Parse(resource)!.AsObject();
        manifest.Remove("description");
        manifest.Remove("server");
        manifest.Remove("settings_schema");
        return manifest.ToJsonString();
    }
}
