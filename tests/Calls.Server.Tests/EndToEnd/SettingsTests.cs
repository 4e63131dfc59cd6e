using System.Net;
using System.Text.Json;
using Calls.Server.Configuration;
using Calls.Server.Tests.EndToEnd.Testing;
using Calls.Server.Tests.Mattermost.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Calls.Server.Tests.EndToEnd;

/// <summary>Settings saved in the System Console reach a running service (mattermost-integration.md 5.4, configuration.md 3 to 8).</summary>
public sealed class SettingsTests
{
    [Fact]
    [Trait("Spec", "integration-83")]
    public async Task What_is_saved_is_in_effect_within_five_seconds()
    {
        await using CallsSite site = await StartAsync();

        site.Mattermost.SetPluginSetting("MaxCallParticipants", 3);
        await site.WithinAsync(5, () => Current(site).MaxCallParticipants == 3);
        site.Mattermost.SetPluginSetting("EnableRinging", true);
        await site.WithinAsync(5, () => Current(site).EnableRinging);

        JsonElement config = await site.GetAsync("alice", "/config");
        Assert.Equal((3, true), (config.GetProperty("MaxCallParticipants").GetInt32(), config.GetProperty("EnableRinging").GetBoolean()));
    }

    [Theory]
    [InlineData("UDPServerPort", "45", "UDPServerPort is not valid: 45 is not in allowed range [80, 49151]")]
    [InlineData("MaxRecordingDuration", "181", "MaxRecordingDuration is not valid: range should be [15, 180]")]
    [Trait("Spec", "integration-84")]
    [Trait("Spec", "configuration-3")]
    [Trait("Spec", "configuration-4")]
    [Trait("Spec", "configuration-9")]
    public async Task What_cannot_be_used_changes_nothing_and_is_told_to_the_administrators(string key, string value, string text)
    {
        await using CallsSite site = await StartAsync();
        site.Mattermost.SetPluginSetting("MaxCallParticipants", 3);
        await site.WithinAsync(5, () => Current(site).MaxCallParticipants == 3);

        site.Mattermost.SetPluginSetting(key, JsonSerializer.SerializeToNode(JsonDocument.Parse(value).RootElement));
        string direct = site.Mattermost.AddDirectChannel(site.IdOf("sysadmin"), site.Sidecar.Services.GetRequiredService<Calls.Domain.Ports.IChatHost>().BotUserId.Value);
        await site.WithinAsync(5, () => site.Mattermost.PostsIn(direct).Count > 0);

        Assert.Contains($"{key} (System Console): {text}", site.Mattermost.PostsIn(direct).Single().GetProperty("message").GetString(), StringComparison.Ordinal);
        JsonElement config = await site.GetAsync("sysadmin", "/config");
        Assert.Equal(3, config.GetProperty("MaxCallParticipants").GetInt32());
        Assert.NotEqual(value, config.GetProperty(key).GetRawText());

        site.Mattermost.SetPluginSetting(key, null);
        site.Mattermost.SetPluginSetting("MaxCallParticipants", 4);
        await site.WithinAsync(5, () => Current(site).MaxCallParticipants == 4);
    }

    [Fact]
    [Trait("Spec", "integration-82")]
    [Trait("Spec", "configuration-8")]
    public async Task A_masked_secret_is_left_as_it_was()
    {
        await using CallsSite site = await StartAsync();
        site.Mattermost.SetPluginSetting("TURNStaticAuthSecret", "hunter2");
        await site.WithinAsync(5, () => Current(site).TURNStaticAuthSecret == "hunter2");

        site.Mattermost.Faults.MaskedSettings.Add("turnstaticauthsecret");
        site.Mattermost.SetPluginSetting("MaxCallParticipants", 5);
        await site.WithinAsync(5, () => Current(site).MaxCallParticipants == 5);

        Assert.Equal("hunter2", Current(site).TURNStaticAuthSecret);
    }

    [Fact]
    [Trait("Spec", "configuration-2")]
    public async Task Without_anything_saved_clients_get_the_STUN_server_of_the_manifest()
    {
        await using CallsSite site = await CallsSite.StartAsync(new CallsSettings());
        site.Mattermost.AddUser("guest", isGuest: true);

        foreach (string user in (string[])["alice", "sysadmin", "guest"])
        {
            JsonElement config = await site.GetAsync(user, "/config");
            Assert.Equal("""[{"urls":["stun:stun.global.calls.mattermost.com:3478"]}]""", config.GetProperty("ICEServersConfigs").GetRawText());
        }
    }

    [Fact]
    [Trait("Spec", "configuration-16")]
    public async Task Old_phones_are_always_told_that_calls_can_be_enabled()
    {
        await using CallsSite site = await StartAsync();
        site.Mattermost.SetPluginSetting("AllowEnableCalls", false);
        site.Mattermost.SetPluginSetting("MaxCallParticipants", 6);
        await site.WithinAsync(5, () => Current(site).MaxCallParticipants == 6);

        Assert.True((await site.GetAsync("alice", "/config")).GetProperty("AllowEnableCalls").GetBoolean());
    }

    [Fact]
    [Trait("Spec", "rest-api-15")]
    [Trait("Spec", "rest-api-16")]
    public async Task The_console_is_told_which_fields_the_service_decides()
    {
        var sources = new SettingSources(
            new Dictionary<string, string>(),
            new Dictionary<string, string> { ["MM_CALLS_UDP_SERVER_PORT"] = "9000", ["MM_CALLS_TCP_SERVER_PORT"] = "abc" },
            """{ "enableringing": true }""",
            CallsSettingsReader.IsPluginKey);
        await using CallsSite site = await CallsSite.StartAsync(sources: sources);

        Assert.Equal("""{"EnableRinging":"true","UDPServerPort":"9000"}""", (await site.GetAsync("sysadmin", "/env")).GetRawText());

        using HttpResponseMessage refused = await site.SendAsync(HttpMethod.Get, "/plugins/com.mattermost.calls/env", site.LogIn("alice"));
        Assert.Equal((HttpStatusCode.Forbidden, "Forbidden\n"), (refused.StatusCode, await refused.Content.ReadAsStringAsync()));
        Assert.Equal("text/plain; charset=utf-8", refused.Content.Headers.ContentType!.ToString());
    }

    [Theory]
    [InlineData(null, false, false, "starter", false)]
    [InlineData("professional", false, false, "professional", true)]
    [InlineData(null, true, false, "starter", true)]
    [InlineData(null, false, true, "starter", false)]
    [Trait("Spec", "integration-88")]
    [Trait("Spec", "configuration-25")]
    [Trait("Spec", "configuration-26")]
    [Trait("Spec", "configuration-27")]
    public async Task With_gating_the_licence_and_developer_mode_decide(
        string? sku, bool isDeveloper, bool allowsGroupCalls, string shown, bool isProfessional)
    {
        var environment = new Dictionary<string, string> { ["MM_CALLS_GROUP_CALLS_ALLOWED"] = allowsGroupCalls ? "true" : "1" };
        await using CallsSite site = await CallsSite.StartAsync(
            configure: static options => options with { LicenseGating = true },
            sources: new SettingSources(new Dictionary<string, string>(), environment, null, CallsSettingsReader.IsPluginKey),
            prepare: mattermost =>
            {
                mattermost.SetLicense(sku);
                mattermost.SetConfig("ServiceSettings", "EnableTesting", isDeveloper);
                mattermost.SetConfig("ServiceSettings", "EnableDeveloper", isDeveloper);
            });
        await site.Sidecar.FirstSettings.WaitAsync(Limits.Test);

        JsonElement config = await site.GetAsync("alice", "/config");

        Assert.Equal(shown, config.GetProperty("sku_short_name").GetString());
        Assert.Equal(isProfessional, config.GetProperty("HostControlsAllowed").GetBoolean());
        Assert.Equal(isProfessional || allowsGroupCalls, config.GetProperty("GroupCallsAllowed").GetBoolean());
        Assert.Equal(isDeveloper, Current(site).Licensed.Recordings);
    }

    [Fact]
    public async Task Without_gating_no_licence_is_needed()
    {
        await using CallsSite site = await StartAsync();

        JsonElement config = await site.GetAsync("alice", "/config");

        Assert.Equal("starter", config.GetProperty("sku_short_name").GetString());
        Assert.True(config.GetProperty("HostControlsAllowed").GetBoolean());
        Assert.True(config.GetProperty("GroupCallsAllowed").GetBoolean());
        Assert.Equal(LicensedFeatures.All, Current(site).Licensed);
    }

    [Fact]
    public async Task With_gating_and_no_licence_calls_start_in_direct_messages_only()
    {
        await using CallsSite site = await CallsSite.StartAsync(configure: static options => options with { LicenseGating = true });
        await site.Sidecar.FirstSettings.WaitAsync(Limits.Test);
        ClientSocket alice = await site.OpenAsync("alice");

        await alice.SendAsync("join", new { channelID = site.Channel });

        Assert.Equal("unlicensed servers only allow calls in DMs", (await alice.NextAsync("error")).Text("data"));
        WireFrame told = await alice.NextAsync("ephemeral_message");
        Assert.Contains("Calls on unlicensed servers are only available in DMs.", told.Text("post"), StringComparison.Ordinal);

        ClientSocket again = await site.OpenAsync("alice");
        await again.SendAsync("join", new { channelID = site.Mattermost.AddDirectChannel(site.IdOf("alice"), site.IdOf("bob")) });
        await again.NextAsync("call_state");
    }

    // Mattermost tells settings only of a plugin that is installed, and none that its manifest calls secret.
    private static Task<CallsSite> StartAsync() => CallsSite.StartAsync(prepare: static mattermost => mattermost.InstallPlugin(
        """{ "id": "com.mattermost.calls", "name": "Calls", "version": "1.12.0", "webapp": { "bundle_path": "webapp/dist/main.js" } }"""));

    private static CallsSettings Current(CallsSite site) => site.Sidecar.Services.GetRequiredService<CurrentCallsSettings>().Value;
}
