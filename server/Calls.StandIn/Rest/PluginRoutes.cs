using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.StandIn.Chat;
using Calls.StandIn.State;
using Microsoft.AspNetCore.Http;

namespace Calls.StandIn.Rest;

/// <summary>Plugin management (mattermost-integration.md 5.1, 7.4).</summary>
internal static class PluginRoutes
{
    public static void Map(ApiRoutes routes)
    {
        routes.Get("/plugins/webapp", WebappAsync, Access.Anyone);
        routes.Get("/plugins", ListAsync);
        routes.Post("/plugins", UploadAsync);
        routes.Post("/plugins/{plugin_id}/enable", request => SetEnabledAsync(request, isEnabled: true));
        routes.Post("/plugins/{plugin_id}/disable", request => SetEnabledAsync(request, isEnabled: false));
        routes.Delete("/plugins/{plugin_id}", RemoveAsync);
    }

    /// <summary>The refusal of every plugin endpoint while plugins are off.</summary>
    public static ApiException Disabled() => new(501, "app.plugin.disabled.app_error", "Plugins have been disabled. Please check your logs for details.");

    private static Task WebappAsync(ApiRequest request)
    {
        RequirePlugins(request);
        var list = new JsonArray();
        foreach (InstalledPlugin plugin in request.State.Plugins.All().Where(static p => p.IsEnabled && p.HasWebapp))
        {
            list.Add(Administration.ClientManifest(plugin));
        }

        return request.JsonAsync(list);
    }

    private static Task ListAsync(ApiRequest request)
    {
        RequirePlugins(request);
        request.RequireSystem(Permission.SysconsoleReadPlugins);
        var active = new JsonArray();
        var inactive = new JsonArray();
        foreach (InstalledPlugin plugin in request.State.Plugins.All())
        {
            (plugin.IsEnabled ? active : inactive).Add(Wire.ToObject(plugin.Manifest));
        }

        return request.JsonAsync(new JsonObject { ["active"] = active, ["inactive"] = inactive });
    }

    private static async Task UploadAsync(ApiRequest request)
    {
        ServerConfig config = request.State.Settings.Current;
        if (!config.Bool("PluginSettings", "Enable") || !config.Bool("PluginSettings", "EnableUploads") || config.Bool("PluginSettings", "RequirePluginSignature"))
        {
            throw new ApiException(501, "app.plugin.upload_disabled.app_error", "Plugins and/or plugin uploads have been disabled.");
        }

        request.RequireSystem(Permission.SysconsoleWritePlugins);
        IFormCollection? form = request.Http.Request.HasFormContentType ? await request.Http.Request.ReadFormAsync() : null;
        IFormFile bundle = form?.Files.GetFile("plugin") ?? throw new ApiException(400, "api.plugin.upload.no_file.app_error", "Missing file in multipart/form request.");
        Dictionary<string, byte[]> files = await ExtractAsync(bundle);
        if (!files.TryGetValue("plugin.json", out byte[]? manifestFile))
        {
            throw new ApiException(400, "app.plugin.manifest.app_error", "Unable to find manifest for extracted plugin.");
        }

        JsonElement manifest = JsonDocument.Parse(manifestFile).RootElement;
        string id = ApiRequest.Text(manifest, "id").ToLowerInvariant();
        if (id.Length is < 3 or > 190)
        {
            throw new ApiException(400, "app.plugin.invalid_id.app_error", "Plugin Id must be at least 3 characters, at most 190 characters and match ^[a-zA-Z0-9-_\\.]+$.");
        }

        if (request.State.Plugins.Get(id) is not null && form["force"] != "true")
        {
            throw new ApiException(400, "app.plugin.install_id.app_error", "Unable to install plugin. A plugin with the same ID is already installed.");
        }

        request.Core.Administration.Install(manifest, files);
        await request.JsonAsync(Wire.ToObject(manifest), StatusCodes.Status201Created);
    }

    private static Task SetEnabledAsync(ApiRequest request, bool isEnabled)
    {
        RequirePlugins(request);
        request.RequireSystem(Permission.SysconsoleWritePlugins);
        request.Core.Administration.SetEnabled(request.Route("plugin_id"), isEnabled);
        return request.OkAsync();
    }

    private static Task RemoveAsync(ApiRequest request)
    {
        RequirePlugins(request);
        request.RequireSystem(Permission.SysconsoleWritePlugins);
        request.Core.Administration.Uninstall(request.Route("plugin_id"));
        return request.OkAsync();
    }

    private static void RequirePlugins(ApiRequest request)
    {
        if (!request.State.Settings.Current.Bool("PluginSettings", "Enable"))
        {
            throw Disabled();
        }
    }

    // A single top-level folder is stepped into, as the stock server does.
    private static async Task<Dictionary<string, byte[]>> ExtractAsync(IFormFile bundle)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        try
        {
            using var gzip = new GZipStream(bundle.OpenReadStream(), CompressionMode.Decompress);
            using var tar = new TarReader(gzip);
            while (await tar.GetNextEntryAsync() is { } entry)
            {
                if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile && entry.DataStream is { } data)
                {
                    var content = new MemoryStream();
                    await data.CopyToAsync(content);
                    files[entry.Name.TrimStart('.', '/')] = content.ToArray();
                }
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or FormatException or EndOfStreamException)
        {
            throw new ApiException(400, "app.plugin.extract.app_error", "An error occurred extracting the plugin bundle.");
        }

        string[] tops = [.. files.Keys.Select(static f => f.Split('/')[0]).Distinct()];
        return tops.Length == 1 && !files.ContainsKey(tops[0])
            ? files.ToDictionary(f => f.Key[(tops[0].Length + 1)..], f => f.Value, StringComparer.Ordinal)
            : files;
    }
}
