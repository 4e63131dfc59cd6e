using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Calls.Domain;
using Calls.Server.Tests.EndToEnd.Testing;
using Calls.Server.Tests.Mattermost.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Calls.Server.Tests.EndToEnd;

/// <summary>What web, desktop, mobile and recorder rely on (mattermost-integration.md 10, rest-api.md 4).</summary>
public sealed class ClientNeedsTests
{
    private const string Base = "/plugins/com.mattermost.calls";
    private const string StubManifest = """{ "id": "com.mattermost.calls", "version": "99.0.0", "webapp": { "bundle_path": "main.js" } }""";

    [Fact]
    [Trait("Spec", "integration-19")]
    public async Task A_ping_is_answered_while_a_call_is_locked()
    {
        await using CallsSite site = await CallsSite.StartAsync();
        ClientSocket alice = await site.JoinAsync("alice");
        var free = new TaskCompletionSource();
        var held = new TaskCompletionSource();
        Task holding = site.Sidecar.Services.GetRequiredService<CallDirectory>().RunAsync(
            new ChannelId(site.Channel),
            CallDirectory.LockLimit,
            async _ =>
            {
                held.SetResult();
                await free.Task;
            });
        await held.Task.WaitAsync(Limits.Test);

        await alice.SendAsync("raise_hand");
        var elapsed = Stopwatch.StartNew();
        await alice.SyncAsync();

        Assert.True(elapsed.Elapsed < TimeSpan.FromSeconds(1), $"The pong took {elapsed.Elapsed}.");
        Assert.DoesNotContain("user_raise_hand", alice.Names);
        free.SetResult();
        await holding;
        await alice.NextAsync("user_raise_hand");
    }

    [Fact]
    [Trait("Spec", "integration-98")]
    public async Task A_widget_with_one_socket_gets_every_event_of_its_call()
    {
        await using CallsSite site = await CallsSite.StartAsync();
        ClientSocket widget = await site.JoinAsync("alice");
        ClientSocket bob = await site.JoinAsync("bob");
        await widget.NextAsync("user_joined");
        foreach ((string action, object? data, string told) in ((string, object?, string)[])
        [
            ("unmute", null, "user_unmuted"),
            ("raise_hand", null, "user_raise_hand"),
            ("react", new { data = """{"name":"wave"}""" }, "user_reacted"),
            ("video_on", new { data = """{"videoStreamID":"v"}""" }, "user_video_on"),
            ("screen_on", new { data = """{"screenStreamID":"s"}""" }, "user_screen_on"),
            ("screen_off", null, "user_screen_off"),
            ("video_off", null, "user_video_off"),
            ("unraise_hand", null, "user_unraise_hand"),
            ("mute", null, "user_muted"),
            ("leave", null, "user_left"),
        ])
        {
            // Nobody does all of this at once: more would be dropped.
            await site.PassAsync(1);
            await bob.SendAsync(action, data);
            await widget.NextAsync(told);
        }
    }

    [Fact]
    [Trait("Spec", "integration-100")]
    public async Task Mobile_finds_Calls_only_while_the_bundle_is_active()
    {
        await using CallsSite site = await CallsSite.StartAsync(prepare: static mattermost => mattermost.InstallPlugin(StubManifest));

        Assert.Contains("com.mattermost.calls", await PluginsAsync(site), StringComparison.Ordinal);
        using HttpResponseMessage disabled = await site.SendAsync(HttpMethod.Post, "/api/v4/plugins/com.mattermost.calls/disable", site.LogIn("sysadmin"));

        Assert.Equal(HttpStatusCode.OK, disabled.StatusCode);
        Assert.Equal("[]", (await PluginsAsync(site)).Trim());
    }

    [Fact]
    [Trait("Spec", "integration-103")]
    public async Task Where_only_the_plugins_path_is_routed_all_sockets_open_below_it()
    {
        await using CallsSite site = await CallsSite.StartAsync();
        string origin = site.Url.GetLeftPart(UriPartial.Authority);
        site.Mattermost.SetConfig("ServiceSettings", "SiteURL", origin);
        site.Mattermost.SetConfig("ServiceSettings", "WebsocketURL", origin.Replace("http", "ws", StringComparison.Ordinal) + Base);
        await site.WithinAsync(5, () => site.Sidecar.Services.GetRequiredService<Calls.Server.Mattermost.Rest.SettingsCache>().Current?.WebsocketUrl.Length > 0);

        // The web app and the desktop's view send the site's origin, mobile the same with the scheme of its socket.
        foreach (string sent in (string[])[origin, origin.Replace("http", "ws", StringComparison.Ordinal)])
        {
            ClientSocket socket = site.Own(await ClientSocket.OpenAsync(new Uri(origin), site.LogIn("alice"), origin: sent, path: Base + "/api/v4/websocket"));
            await socket.GreetedAsync();
            await socket.SendAsync("call_state", new { channelID = site.Channel });
            await socket.SyncAsync();
        }

        using HttpResponseMessage script = await site.SendAsync(Desktop(site, "gateway-socket.js"));
        Assert.Equal(HttpStatusCode.NotFound, script.StatusCode);
        Assert.Equal(
            "wss://x/plugins/com.mattermost.calls/api/v4/websocket?a=1 wss://x/other wss://x/plugins/com.mattermost.calls/api/v4/websocket",
            await RunScriptAsync("wss://x/api/v4/websocket?a=1", "wss://x/other", "wss://x/plugins/com.mattermost.calls/api/v4/websocket"));
    }

    [Fact]
    [Trait("Spec", "rest-api-12")]
    public async Task The_bot_is_not_limited()
    {
        await using CallsSite site = await CallsSite.StartAsync();
        await site.Sidecar.FirstSettings.WaitAsync(Limits.Test);
        for (int request = 0; request < 50; request++)
        {
            using HttpResponseMessage answer = await site.SendAsync(HttpMethod.Get, $"{Base}/bot/channels/{site.Channel}", site.Mattermost.BotToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact]
    [Trait("Spec", "rest-api-37")]
    public async Task With_gating_and_without_a_licence_nothing_is_recorded()
    {
        await using CallsSite site = await CallsSite.StartAsync(
            new() { DefaultEnabled = true, EnableRecordings = true, ICEServersConfigs = [] }, static options => options with { LicenseGating = true });
        await site.Sidecar.FirstSettings.WaitAsync(Limits.Test);
        string direct = site.Mattermost.AddDirectChannel(site.IdOf("alice"), site.IdOf("bob"));
        await site.JoinAsync("alice", direct);

        using HttpResponseMessage refused = await site.SendAsync(HttpMethod.Post, $"{Base}/calls/{direct}/recording/start", site.LogIn("alice"));
        using HttpResponseMessage bot = await site.SendAsync(HttpMethod.Get, $"{Base}/bot/channels/{direct}", site.Mattermost.BotToken);

        Assert.Equal(
            (HttpStatusCode.Forbidden, """{"message":"Recordings are not allowed by your license","status_code":403}""" + "\n"),
            (refused.StatusCode, await refused.Content.ReadAsStringAsync()));
        Assert.Equal((HttpStatusCode.Forbidden, "Forbidden\n"), (bot.StatusCode, await bot.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task On_Cloud_a_user_can_ask_the_administrators_for_a_trial()
    {
        await using CallsSite site = await CallsSite.StartAsync(prepare: static mattermost => mattermost.SetLicense("starter", isCloud: true));
        await site.Sidecar.FirstSettings.WaitAsync(Limits.Test);
        string bot = site.Sidecar.Services.GetRequiredService<Calls.Domain.Ports.IChatHost>().BotUserId.Value;

        using HttpResponseMessage answer = await site.SendAsync(HttpMethod.Post, $"{Base}/cloud-notify-admins", site.LogIn("alice"));

        Assert.Equal((HttpStatusCode.OK, ""), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        JsonElement post = site.Mattermost.PostsIn(site.Mattermost.AddDirectChannel(bot, site.IdOf("sysadmin"))).Single();
        Assert.Equal(
            ("custom_cloud_trial_req", "@alice requested access to a free trial for Calls."),
            (post.GetProperty("type").GetString(), post.GetProperty("message").GetString()));
        Assert.Equal("Make calls in channels", post.GetProperty("props").GetProperty("attachments")[0].GetProperty("title").GetString());
    }

    [Fact]
    public async Task Elsewhere_there_is_no_trial_to_ask_for()
    {
        await using CallsSite site = await CallsSite.StartAsync();

        using HttpResponseMessage answer = await site.SendAsync(HttpMethod.Post, $"{Base}/cloud-notify-admins", site.LogIn("alice"));

        Assert.Equal((HttpStatusCode.BadRequest, """{"error":"not a cloud server"}"""), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    private static async Task<string> PluginsAsync(CallsSite site)
    {
        using HttpResponseMessage listed = await site.SendAsync(HttpMethod.Get, "/api/v4/plugins/webapp", site.LogIn("alice"));
        return await listed.Content.ReadAsStringAsync();
    }

    private static HttpRequestMessage Desktop(CallsSite site, string page)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(site.Url, $"{Base}/standalone/{page}"));
        request.Headers.TryAddWithoutValidation("User-Agent", "Mattermost Electron");
        return request;
    }

    /// <summary>Where the script of the pages leads sockets that are opened at these addresses.</summary>
    private static async Task<string> RunScriptAsync(params string[] addresses)
    {
        string script = await File.ReadAllTextAsync(Path.Combine(Offer.Root(), "webapp-shim/standalone/gateway-socket.js"));
        string program = "globalThis.window = { WebSocket: class { constructor(url) { this.url = url; } } };\n" + script
            + $"\nconsole.log({JsonSerializer.Serialize(addresses)}.map(address => new window.WebSocket(address).url).join(' '));";
        using Process node = Process.Start(new ProcessStartInfo("node") { ArgumentList = { "-e", program }, RedirectStandardOutput = true })!;
        string output = await node.StandardOutput.ReadToEndAsync().WaitAsync(Limits.Test);
        await node.WaitForExitAsync();
        return output.Trim();
    }
}
