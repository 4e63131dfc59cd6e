using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.StandIn.Hub;
using Calls.StandIn.State;

namespace Calls.StandIn.Chat;

/// <summary>Configuration, licence, plugins and roles, with the events that announce their changes.</summary>
internal sealed class Administration(ServerState state, WebSocketHub hub)
{
    /// <summary>What a secret looks like to those who read the configuration.</summary>
    public const string Mask = "********************************";

    public void SaveConfig(Action<JsonObject> change)
    {
        state.Settings.Change(change);
        PublishConfig();
    }

    public void PatchConfig(JsonElement patch)
    {
        state.Settings.Merge(patch);
        PublishConfig();
    }

    public void SetLicense(License? license)
    {
        state.License.Current = license;
        hub.Publish(new WebSocketEvent("license_changed", new JsonObject { ["license"] = Wire.ToNode(state.License.ToClientLicense()) }, Broadcast.Everyone));
    }

    /// <summary>The configuration as an administrator may read it: settings of plugins that are not installed are left out, secrets masked.</summary>
    public JsonObject ReadConfig()
    {
        JsonObject config = Wire.ToObject(state.Settings.Current.Root);
        if (config["PluginSettings"]?["Plugins"] is not JsonObject plugins)
        {
            return config;
        }

        foreach (string id in plugins.Select(static p => p.Key).ToArray())
        {
            if (state.Plugins.Get(id) is not { } plugin)
            {
                plugins.Remove(id);
                continue;
            }

            if (plugins[id] is JsonObject settings)
            {
                IReadOnlySet<string> secrets = plugin.SecretKeys();
                foreach (string key in settings.Select(static s => s.Key).ToArray())
                {
                    if ((secrets.Contains(key.ToLowerInvariant()) || hub.Faults.MaskedSettings.Contains(key)) && settings[key] is { } value && value.ToString().Length > 0)
                    {
                        settings[key] = Mask;
                    }
                }
            }
        }

        return config;
    }

    /// <summary>Installs or replaces a plugin; it becomes active if its state in the configuration says so.</summary>
    public InstalledPlugin Install(JsonElement manifest, IReadOnlyDictionary<string, byte[]> files)
    {
        string id = manifest.GetProperty("id").GetString()!.ToLowerInvariant();
        bool isEnabled = state.Settings.Current.Root.GetProperty("PluginSettings").TryGetProperty("PluginStates", out JsonElement states)
            && states.TryGetProperty(id, out JsonElement entry) && entry.TryGetProperty("Enable", out JsonElement enable) && enable.ValueKind == JsonValueKind.True;
        if (state.Plugins.Get(id) is { IsEnabled: true } old)
        {
            Announce("plugin_disabled", old);
        }

        var plugin = new InstalledPlugin(id, manifest.Clone(), isEnabled, files);
        state.Plugins.Put(plugin);
        if (isEnabled)
        {
            Announce("plugin_enabled", plugin);
        }

        return plugin;
    }

    public void SetEnabled(string id, bool isEnabled)
    {
        if (state.Plugins.Get(id) is not { } plugin)
        {
            throw new ApiException(404, "app.plugin.not_installed.app_error", "Plugin is not installed.");
        }

        state.Settings.Change(config =>
        {
            var states = (JsonObject)config["PluginSettings"]!["PluginStates"]!;
            states[id] = new JsonObject { ["Enable"] = isEnabled };
        });
        if (plugin.IsEnabled != isEnabled)
        {
            plugin = plugin with { IsEnabled = isEnabled };
            state.Plugins.Put(plugin);
            Announce(isEnabled ? "plugin_enabled" : "plugin_disabled", plugin);
        }
    }

    public void Uninstall(string id)
    {
        if (state.Plugins.Get(id) is not { } plugin)
        {
            throw new ApiException(404, "app.plugin.not_installed.app_error", "Plugin is not installed.");
        }

        state.Plugins.Remove(id);
        if (plugin.IsEnabled)
        {
            Announce("plugin_disabled", plugin);
        }
    }

    public Role SetRolePermissions(string name, IReadOnlyList<string> permissions)
    {
        Role role = state.Roles.SetPermissions(name, permissions) ?? throw new ApiException(404, "app.role.get_by_name.app_error", "Unable to get role.");
        hub.Publish(new WebSocketEvent("role_updated", new JsonObject { ["role"] = Wire.ToText(role) }, Broadcast.Everyone));
        return role;
    }

    /// <summary>The manifest as clients get it: enough to load the web bundle, without the settings.</summary>
    public static JsonObject ClientManifest(InstalledPlugin plugin)
    {
        JsonObject manifest = Wire.ToObject(plugin.Manifest);
        manifest.Remove("settings_schema");
        manifest.Remove("server");
        manifest.Remove("name");
        manifest.Remove("description");
        manifest.Remove("homepage_url");
        manifest.Remove("release_notes_url");
        manifest.Remove("icon_path");
        if (manifest["webapp"] is JsonObject webapp)
        {
            webapp["bundle_path"] = $"/static/{plugin.Id}/{plugin.Id}_{BundleHash(plugin)}_bundle.js";
        }

        return manifest;
    }

    /// <summary>FNV-1a, 64 bits, of the web bundle: part of its public file name.</summary>
    public static string BundleHash(InstalledPlugin plugin)
    {
        ulong hash = 14695981039346656037;
        foreach (byte value in WebBundle(plugin))
        {
            hash = (hash ^ value) * 1099511628211;
        }

        return hash.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
    }

    private static byte[] WebBundle(InstalledPlugin plugin) =>
        plugin.Manifest.TryGetProperty("webapp", out JsonElement webapp) && webapp.TryGetProperty("bundle_path", out JsonElement path)
        && plugin.Files.TryGetValue(path.GetString()!.TrimStart('/'), out byte[]? content)
            ? content
            : [];

    private void Announce(string name, InstalledPlugin plugin)
    {
        if (plugin.HasWebapp)
        {
            hub.Publish(new WebSocketEvent(name, new JsonObject { ["manifest"] = ClientManifest(plugin) }, Broadcast.Everyone));
        }
    }

    private void PublishConfig() =>
        hub.Publish(new WebSocketEvent("config_changed", new JsonObject { ["config"] = Wire.ToNode(ClientConfig.Build(state, isLimited: false)) }, Broadcast.Everyone));
}
