using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.Server.Mattermost.Delivery;
using Calls.Server.Mattermost.Relay;

namespace Calls.Server.Mattermost.Proxy;

/// <summary>Routes of Mattermost that the gateway changes on their way (mattermost-integration.md 3.17).</summary>
internal sealed class TakenOverRoutes(ReverseProxy proxy, AccessEnd access, GatewayOptions options)
{
    /// <summary><c>GET /api/v4/plugins/webapp</c>: with our entry, so that no bundle has to be uploaded.</summary>
    public async Task ListPluginsAsync(HttpContext context)
    {
        using HttpResponseMessage? answer = await proxy.SendAsync(context, isReadHere: true);
        if (answer is null)
        {
            return;
        }

        string text = await answer.Content.ReadAsStringAsync(context.RequestAborted);
        ReverseProxy.CopyHead(answer, context.Response);
        string merged = answer.IsSuccessStatusCode ? Merge(text, options.WebappManifest) : text;
        context.Response.Headers.ETag = default;
        context.Response.Headers.ContentLength = null;
        await context.Response.WriteAsync(merged, context.RequestAborted);
    }

    /// <summary><c>POST /api/v4/users/logout</c>: ends the calls of the token at once.</summary>
    public async Task LogOutAsync(HttpContext context)
    {
        string? token = UpgradeToken.Find(context.Request);
        await proxy.ForwardAsync(context);
        if (token is not null && context.Response.StatusCode == StatusCodes.Status200OK)
        {
            access.LoggedOut(token);
        }
    }

    /// <summary>Mattermost's list of plugins with ours in it, once, without its settings.</summary>
    public static string Merge(string plugins, string? manifest)
    {
        try
        {
            if (manifest is null || JsonNode.Parse(plugins) is not JsonArray list || JsonNode.Parse(manifest) is not JsonObject ours)
            {
                return plugins;
            }

            ours.Remove("settings_schema");
            ours.Remove("server");
            foreach (JsonNode? present in list.Where(plugin => plugin is JsonObject && (string?)plugin["id"] == CallsProtocol.PluginId).ToList())
            {
                list.Remove(present);
            }

            list.Add(ours);
            return list.ToJsonString();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return plugins;
        }
    }
}
