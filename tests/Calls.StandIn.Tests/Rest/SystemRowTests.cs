using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Calls.StandIn.Tests.Kit;

namespace Calls.StandIn.Tests.Rest;

/// <summary>7.4 rows 29 to 35, and the headers, errors and plugin groups of 11.3.</summary>
public sealed class SystemRowTests : StandInTest
{
    private const string CallsId = "com.mattermost.calls";

    private const string Manifest = """
        {"id":"com.mattermost.calls","name":"Calls","version":"1.12.0","webapp":{"bundle_path":"webapp/dist/main.js"},
         "settings_schema":{"sections":[{"key":"rtc","settings":[{"key":"ICEServersConfigs","type":"text","secret":true},{"key":"UDPServerPort","type":"number"}]}]}}
        """;

    [Fact]
    public async Task Row_29_the_configuration_is_for_administrators()
    {
        JsonElement config = (await AsBot().GetAsync("/config")).Is(200).Json;

        Assert.Equal("", config.GetProperty("ServiceSettings").GetProperty("AllowCorsFrom").GetString());
        Assert.Equal(-1, config.GetProperty("ServiceSettings").GetProperty("PostEditTimeLimit").GetInt32());
        Assert.Equal("full", config.GetProperty("EmailSettings").GetProperty("PushNotificationContents").GetString());
        Assert.False(config.GetProperty("RateLimitSettings").GetProperty("Enable").GetBoolean());
        Assert.Equal("en", config.GetProperty("LocalizationSettings").GetProperty("DefaultClientLocale").GetString());
        (await As("alice").GetAsync("/config")).Refused(403, "api.context.permissions.app_error");
    }

    [Fact]
    public async Task Row_29_plugin_settings_are_invisible_without_manifest_and_secrets_are_masked_with_one()
    {
        Server.SetPluginSetting("UDPServerPort", 8444);
        Server.SetPluginSetting("ICEServersConfigs", "[secret]");
        Assert.False((await Settings()).TryGetProperty(CallsId, out _));

        Server.InstallPlugin(Manifest);
        JsonElement visible = (await Settings()).GetProperty(CallsId);
        Assert.Equal(8444, visible.GetProperty("udpserverport").GetInt32());
        Assert.Equal("********************************", visible.GetProperty("iceserversconfigs").GetString());

        Server.InstallPlugin(Manifest.Replace(",\"secret\":true", ""));
        Assert.Equal("[secret]", (await Settings()).GetProperty(CallsId).GetProperty("iceserversconfigs").GetString());

        async Task<JsonElement> Settings() => (await AsBot().GetAsync("/config")).Json.GetProperty("PluginSettings").GetProperty("Plugins");
    }

    [Fact]
    public async Task Row_30_the_client_configuration_is_reduced_without_a_session()
    {
        Server.SetConfig("ServiceSettings", "SiteURL", "https://chat.example.org/");
        JsonElement full = (await AsBot().GetAsync("/config/client?format=old")).Is(200).Json;
        JsonElement limited = (await WithToken(null).GetAsync("/config/client?format=old")).Is(200).Json;

        Assert.Equal("https://chat.example.org", full.GetProperty("SiteURL").GetString());
        Assert.Equal("11.6.0", full.GetProperty("Version").GetString());
        Assert.All(["BuildNumber", "BuildEnterpriseReady", "WebsocketURL", "DiagnosticId", "MaxFileSize", "SendPushNotifications", "AsymmetricSigningPublicKey"], k => Assert.Equal(JsonValueKind.String, full.GetProperty(k).ValueKind));
        Assert.False(limited.TryGetProperty("MaxFileSize", out _));
        Assert.Equal("11.6.0", limited.GetProperty("Version").GetString());
    }

    [Fact]
    public async Task Row_31_the_client_licence()
    {
        Assert.Equal("""{"IsLicensed":"false"}""", (await AsBot().GetAsync("/license/client?format=old")).Is(200).Text);

        Server.SetLicense("professional", isCloud: true);

        JsonElement license = (await AsBot().GetAsync("/license/client?format=old")).Is(200).Json;
        Assert.Equal(("true", "professional", "true"), (license.GetProperty("IsLicensed").GetString(), license.GetProperty("SkuShortName").GetString(), license.GetProperty("Cloud").GetString()));
        Assert.EndsWith(".true", (await AsBot().GetAsync("/system/ping")).Headers.GetValues("X-Version-Id").Single());
    }

    [Fact]
    public async Task Row_32_active_web_plugins_are_public_and_without_settings()
    {
        Assert.Equal("[]", (await WithToken(null).GetAsync("/plugins/webapp")).Is(200).Text);
        Server.InstallPlugin(Manifest);

        JsonElement plugin = (await WithToken(null).GetAsync("/plugins/webapp")).Is(200).Json.EnumerateArray().Single();

        Assert.Equal(CallsId, plugin.GetProperty("id").GetString());
        Assert.False(plugin.TryGetProperty("settings_schema", out _));
        Server.SetConfig("PluginSettings", "Enable", false);
        (await WithToken(null).GetAsync("/plugins/webapp")).Refused(501, "app.plugin.disabled.app_error");
    }

    [Fact]
    public async Task Rows_33_and_34_plugins_are_listed_enabled_and_disabled_by_administrators()
    {
        Server.InstallPlugin(Manifest);
        (await As("alice").GetAsync("/plugins")).Refused(403, "api.context.permissions.app_error");
        JsonElement active = (await AsBot().GetAsync("/plugins")).Is(200).Json.GetProperty("active")[0];
        Assert.True(active.TryGetProperty("settings_schema", out _));
        Assert.False(active.TryGetProperty("server", out _));

        (await As("sysadmin").PostAsync($"/plugins/{CallsId}/disable")).Is(200);
        Assert.Equal(1, (await AsBot().GetAsync("/plugins")).Json.GetProperty("inactive").GetArrayLength());
        Assert.Equal("[]", (await WithToken(null).GetAsync("/plugins/webapp")).Text);
        (await As("sysadmin").PostAsync($"/plugins/{CallsId}/enable")).Is(200);
        Assert.Equal(1, (await WithToken(null).GetAsync("/plugins/webapp")).Json.GetArrayLength());
        (await As("alice").PostAsync($"/plugins/{CallsId}/disable")).Refused(403, "api.context.permissions.app_error");
        (await As("sysadmin").PostAsync("/plugins/com.example.none/enable")).Refused(404, "app.plugin.not_installed.app_error");
    }

    [Fact]
    public async Task Row_34_an_uploaded_bundle_is_installed_active_and_served()
    {
        byte[] bundle = Bundle();
        (await UploadAsync("sysadmin", bundle)).Refused(501, "app.plugin.upload_disabled.app_error");
        Server.SetConfig("PluginSettings", "EnableUploads", true);
        (await UploadAsync("alice", bundle)).Refused(403, "api.context.permissions.app_error");

        Assert.Equal("1.12.0", (await UploadAsync("sysadmin", bundle)).Is(201)["version"]);

        Assert.Equal("main", (await WithToken(null).GetAsync($"raw:/static/plugins/{CallsId}/main.js")).Is(200).Text);
        Assert.Equal("wasm", (await WithToken(null).GetAsync($"raw:/plugins/{CallsId}/public/blur.wasm")).Is(200).Text);
        Assert.Contains($"{CallsId}_", (await WithToken(null).GetAsync("/plugins/webapp")).Text);
        (await UploadAsync("sysadmin", bundle)).Refused(400, "app.plugin.install_id.app_error");
        (await UploadAsync("sysadmin", bundle, force: true)).Is(201);
        (await UploadAsync("sysadmin", [1, 2, 3], force: true)).Refused(400, "app.plugin.extract.app_error");
        (await As("sysadmin").DeleteAsync($"/plugins/{CallsId}")).Is(200);
        (await WithToken(null).GetAsync($"raw:/static/plugins/{CallsId}/main.js")).Is(404);
    }

    [Fact]
    public async Task Row_35_ping_is_public()
    {
        Assert.Equal("OK", (await WithToken(null).GetAsync("/system/ping")).Is(200)["status"]);
    }

    [Theory]
    [InlineData("GET", "/nonsense")]
    [InlineData("DELETE", "/system/ping")]
    [InlineData("GET", "/users/me/")]
    [InlineData("POST", "/users/me/status")]
    public async Task Unknown_api_routes_are_the_404_of_the_api(string method, string path) =>
        (await As("alice").SendAsync(new HttpRequestMessage(new HttpMethod(method), ""), path, null)).Refused(404, "api.context.404.app_error");

    [Fact]
    public async Task Every_answer_has_a_request_id_and_the_version()
    {
        foreach (string path in new[] { "/system/ping", "/users/me", "/nonsense" })
        {
            ApiAnswer answer = await As("alice").GetAsync(path);
            Assert.Equal(26, answer.Headers.GetValues("X-Request-Id").Single().Length);
            Assert.Matches(@"^11\.6\.0\.11\.6\.0\.[0-9a-f]{32}\.false$", answer.Headers.GetValues("X-Version-Id").Single());
            Assert.Equal("application/json", answer.ContentType);
        }
    }

    [Fact]
    public async Task Details_of_errors_are_shown_in_developer_mode_only()
    {
        Assert.Equal("", (await As("alice").GetAsync("/config"))["detailed_error"]);
        Server.SetConfig("ServiceSettings", "EnableDeveloper", true);
        Assert.Equal("permission=sysconsole_read_plugins", (await As("alice").GetAsync("/config"))["detailed_error"]);
    }

    [Theory]
    [InlineData("/plugins/com.mattermost.calls")]
    [InlineData("/plugins/com.mattermost.calls/version")]
    [InlineData("/plugins/com.mattermost.calls/public/x.wasm")]
    [InlineData("/plugins/com.example.other/x")]
    public async Task A_plugin_without_server_part_is_404_as_text(string path)
    {
        Server.InstallPlugin(Manifest);
        ApiAnswer answer = (await As("alice").GetAsync("raw:" + path)).Is(404);

        Assert.Equal("404 page not found\n", answer.Text);
        Assert.Equal("text/plain", answer.ContentType);
    }

    [Fact]
    public async Task Plugin_routes_are_501_while_plugins_are_off()
    {
        Server.SetConfig("PluginSettings", "Enable", false);
        (await As("alice").GetAsync($"raw:/plugins/{CallsId}/version")).Refused(501, "app.plugin.disabled.app_error");
    }

    [Fact]
    public async Task Static_files_come_from_their_folders_and_nothing_outside()
    {
        string folder = Directory.CreateTempSubdirectory("standin").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "static"));
            await File.WriteAllTextAsync(Path.Combine(folder, "static", "main.js"), "js");
            await File.WriteAllTextAsync(Path.Combine(folder, "secret"), "secret");
            await using StandInMattermost server = await StandInMattermost.StartAsync(
                new StandInOptions { StaticFolder = Path.Combine(folder, "static"), PublicFolder = Path.Combine(folder, "static") }, CancellationToken.None);
            using var client = new ApiClient(server.Url, null);

            Assert.Equal("js", (await client.GetAsync($"raw:/static/plugins/{CallsId}/main.js")).Is(200).Text);
            Assert.Equal("text/javascript", (await client.GetAsync($"raw:/plugins/{CallsId}/public/main.js")).Is(200).ContentType);
            (await client.GetAsync($"raw:/static/plugins/{CallsId}/..%2fsecret")).Is(404);
            (await client.GetAsync($"raw:/static/plugins/{CallsId}/%2e%2e/secret")).Is(404);
            (await client.GetAsync($"raw:/static/plugins/{CallsId}/")).Is(404);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task The_limiter_answers_429_as_text_until_tokens_come_back()
    {
        Server.SetConfig("RateLimitSettings", "Enable", true);
        Server.SetConfig("RateLimitSettings", "MaxBurst", 5);
        for (int i = 0; i < 6; i++)
        {
            ApiAnswer admitted = (await WithToken(null).GetAsync("/system/ping")).Is(200);
            Assert.Equal($"{5 - i}", admitted.Headers.GetValues("X-RateLimit-Remaining").Single());
        }

        ApiAnswer refused = (await WithToken(null).GetAsync("/system/ping")).Is(429);
        Assert.Equal("limit exceeded\n", refused.Text);
        Assert.Equal("1", refused.Headers.GetValues("Retry-After").Single());
        Assert.Equal("6", refused.Headers.GetValues("X-RateLimit-Limit").Single());
        Assert.True(refused.Headers.Contains("X-RateLimit-Reset"));

        Time.Advance(TimeSpan.FromMilliseconds(100));
        (await WithToken(null).GetAsync("/system/ping")).Is(200);
        (await WithToken(null).GetAsync("/system/ping")).Is(429);
    }

    [Fact]
    public async Task The_limiter_can_count_by_token_and_by_user()
    {
        Server.SetConfig("RateLimitSettings", "VaryByUser", true);
        Server.SetConfig("RateLimitSettings", "MaxBurst", 1);
        Server.Faults.IsLimiterOn = true;
        ApiClient first = As("alice");

        (await first.GetAsync("/users/me/status")).Is(200);
        (await As("alice").GetAsync("/users/me/status")).Is(200);
        (await As("alice").GetAsync("/users/me/status")).Is(429);
        (await As("bob").GetAsync("/users/me/status")).Is(200);
    }

    private Task<ApiAnswer> UploadAsync(string username, byte[] bundle, bool force = false)
    {
        var form = new MultipartFormDataContent { { new ByteArrayContent(bundle), "plugin", "calls.tar.gz" } };
        if (force)
        {
            form.Add(new StringContent("true"), "force");
        }

        return As(username).SendAsync(new HttpRequestMessage(HttpMethod.Post, "") { Content = form }, "/plugins", null);
    }

    private static byte[] Bundle()
    {
        var archive = new MemoryStream();
        using (var gzip = new GZipStream(archive, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
        {
            foreach ((string name, string content) in new[] { ("plugin.json", Manifest), ("webapp/dist/main.js", "main"), ("public/blur.wasm", "wasm") })
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"{CallsId}/{name}") { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)) });
            }
        }

        return archive.ToArray();
    }
}
