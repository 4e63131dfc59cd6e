using System.Reflection;

namespace Calls.Server.Api;

/// <summary><c>GET /version</c> (rest-api.md 3.1). Clients choose features by the version of the plugin's line that we speak.</summary>
internal sealed class VersionResource : IApiResource
{
    internal const string PluginVersion = "1.12.0";

    private static readonly string Build =
        typeof(VersionResource).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "dev";

    public void Map(ApiRoutes routes) => routes.GetAnonymous("/version", Get);

    private static ApiAnswer Get() => ApiAnswer.Resource(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("version", PluginVersion);
        writer.WriteString("build", Build);
        writer.WriteEndObject();
    });
}
