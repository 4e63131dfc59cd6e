using System.Net;
using System.Text.Json;
using Calls.Server.Tests.EndToEnd.Testing;
using Calls.Server.Tests.Mattermost.Testing;

namespace Calls.Server.Tests.EndToEnd;

/// <summary>What an operator sees of a Mattermost that is not set up, and what a call sees of one that restarts (mattermost-integration.md 6.2, 13).</summary>
public sealed class OperationTests : IAsyncLifetime
{
    private readonly HttpClient _http = new();
    private CallsSite _site = null!;

    public async Task InitializeAsync()
    {
        _site = await CallsSite.StartAsync();
        await _site.Sidecar.FirstSettings.WaitAsync(Limits.Test);
    }

    public async Task DisposeAsync()
    {
        await _site.DisposeAsync();
        _http.Dispose();
    }

    [Fact]
    [Trait("Spec", "integration-85")]
    public async Task The_self_check_names_a_plugin_that_is_not_installed()
    {
        JsonElement diagnostics = await DiagnosticsAsync();

        Assert.Equal(("integrated", 0), (diagnostics.GetProperty("mode").GetString(), diagnostics.GetProperty("calls").GetInt32()));
        JsonElement plugin = Check(diagnostics, "Plugin");
        Assert.Equal("warn", plugin.GetProperty("level").GetString());
        Assert.Contains("clients do not see Calls, and settings of the System Console are invisible", plugin.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal("pass", Check(diagnostics, "BotToken").GetProperty("level").GetString());
        Assert.DoesNotContain(_site.Mattermost.BotToken, diagnostics.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_self_check_follows_a_socket_from_the_public_address_to_here()
    {
        _site.Mattermost.SetConfig("ServiceSettings", "SiteURL", _site.Url.GetLeftPart(UriPartial.Authority));
        Assert.Equal("pass", Check(await DiagnosticsAsync(), "Public path").GetProperty("level").GetString());

        // A proxy that sends clients straight to Mattermost.
        _site.Mattermost.SetConfig("ServiceSettings", "SiteURL", _site.Mattermost.Url.GetLeftPart(UriPartial.Authority));
        JsonElement bypassed = Check(await DiagnosticsAsync(), "Public path");
        Assert.Equal("warn", bypassed.GetProperty("level").GetString());
        Assert.Contains("reach Mattermost without passing here", bypassed.GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Spec", "integration-86")]
    public async Task A_plugin_with_a_server_part_makes_the_service_unready()
    {
        await _site.WithinAsync(5, async () => (await ReadyAsync()).Status == HttpStatusCode.OK);

        _site.Mattermost.ReplaceManifestWithServer("1.11.0");
        await _site.WithinAsync(5, async () => (await ReadyAsync()).Status == HttpStatusCode.ServiceUnavailable);

        string reason = (await ReadyAsync()).Body;
        Assert.StartsWith("The plugin com.mattermost.calls 1.11.0 installed in Mattermost has a server part of its own: two backends would answer.", reason, StringComparison.Ordinal);
        Assert.Equal("fail", (await DiagnosticsAsync()).GetProperty("checks").EnumerateArray()
            .Last(static check => check.GetProperty("name").GetString() == "Plugin").GetProperty("level").GetString());

        _site.Mattermost.InstallPlugin("""{ "id": "com.mattermost.calls", "version": "99.0.0", "webapp": { "bundle_path": "main.js" } }""");
        await _site.WithinAsync(5, async () => (await ReadyAsync()).Status == HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Spec", "integration-106")]
    public async Task A_call_goes_on_while_Mattermost_restarts()
    {
        string token = _site.LogIn("alice");
        ClientSocket alice = await _site.JoinWithAsync(token);
        MediaClient media = await MediaClient.ConnectAsync(_site, alice);

        await _site.Mattermost.RestartAsync();
        await alice.EndedAsync();
        await _site.PassAsync(3, media);
        ClientSocket back = _site.Own(await ClientSocket.OpenAsync(_site.Url, token, $"connection_id={alice.Id}&sequence_number={alice.NextSeq}"));
        await back.SendAsync("reconnect", new { channelID = _site.Channel, originalConnID = alice.Id, prevConnID = alice.Id });
        await back.GreetedAsync();
        JsonElement state = (await _site.StateAsync(back)).State();
        await _site.PassAsync(60, media);

        Assert.NotEqual(alice.Id, back.Id);
        Assert.Equal(alice.Id, state.GetProperty("sessions").EnumerateArray().Single().GetProperty("session_id").GetString());
        JsonElement listed = (await _site.GetAsync("alice", "/channels")).EnumerateArray().Single();
        Assert.Equal(alice.Id, listed.GetProperty("call").GetProperty("sessions")[0].GetProperty("session_id").GetString());
    }

    private async Task<JsonElement> DiagnosticsAsync()
    {
        using HttpResponseMessage answer = await _http.GetAsync(new Uri(_site.Sidecar.AdminAddress!, "/diagnostics"));
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.ToString());
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }

    private async Task<(HttpStatusCode Status, string Body)> ReadyAsync()
    {
        using HttpResponseMessage answer = await _http.GetAsync(new Uri(_site.Sidecar.AdminAddress!, "/readyz"));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static JsonElement Check(JsonElement diagnostics, string name) =>
        diagnostics.GetProperty("checks").EnumerateArray().First(check => check.GetProperty("name").GetString() == name);
}
