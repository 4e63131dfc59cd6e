using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Calls.Server.Configuration;

namespace Calls.Server.Tests.Api;

public sealed class ConfigTests
{
    private static readonly string[] ClientFields =
    [
        "AllowEnableCalls", "DefaultEnabled", "ICEServers", "ICEServersConfigs", "MaxCallParticipants", "NeedsTURNCredentials",
        "AllowScreenSharing", "EnableRecordings", "EnableTranscriptions", "EnableLiveCaptions", "MaxRecordingDuration",
        "EnableSimulcast", "EnableRinging", "sku_short_name", "HostControlsAllowed", "EnableAV1", "GroupCallsAllowed",
        "EnableDCSignaling", "EnableVideo",
    ];

    private static readonly IceServer Turn = new(["turn:turn.example.org:3478"]);

    [Fact]
    [Trait("Spec", "configuration-23")]
    [Trait("Spec", "rest-api-13")]
    public async Task Users_get_exactly_the_client_fields()
    {
        await using ApiHost api = await ApiHost.StartAsync();

        JsonElement config = await api.GetJsonAsync("/config", "alice");

        Assert.Equal(ClientFields.Order(), config.EnumerateObject().Select(field => field.Name).Order());
        Assert.True(config.GetProperty("AllowEnableCalls").GetBoolean());
        Assert.Equal("starter", config.GetProperty("sku_short_name").GetString());
        Assert.True(config.GetProperty("HostControlsAllowed").GetBoolean());
        Assert.True(config.GetProperty("GroupCallsAllowed").GetBoolean());
        Assert.Equal("[]", config.GetProperty("ICEServers").GetRawText());
        Assert.Equal("""[{"urls":["stun:stun.global.calls.mattermost.com:3478"]}]""", config.GetProperty("ICEServersConfigs").GetRawText());
    }

    [Fact]
    [Trait("Spec", "configuration-24")]
    [Trait("Spec", "rest-api-14")]
    public async Task Administrators_get_every_setting()
    {
        await using ApiHost api = await ApiHost.StartAsync(new CallsSettings { TURNStaticAuthSecret = "secret" });
        api.Calls.Host.SystemAdmins[Signaling.CallsHarness.Alice] = 0;

        JsonElement config = await api.GetJsonAsync("/config", "alice");

        Assert.Equal("secret", config.GetProperty("TURNStaticAuthSecret").GetString());
        Assert.Equal(8443, config.GetProperty("UDPServerPort").GetInt32());
        Assert.Equal("", config.GetProperty("RTCDServiceURL").GetString());
        Assert.Equal(JsonValueKind.Null, config.GetProperty("ICEHostPortOverride").ValueKind);
        Assert.Equal(ClientFields.Length + 22, config.EnumerateObject().Count());
    }

    [Theory]
    [InlineData("secret", true)]
    [InlineData("", false)]
    [Trait("Spec", "configuration-17")]
    [Trait("Spec", "configuration-18")]
    public async Task Relays_without_credentials_are_kept_back(string secret, bool needsCredentials)
    {
        await using ApiHost api = await ApiHost.StartAsync(
            new CallsSettings { ICEServersConfigs = [Turn], TURNStaticAuthSecret = secret });

        JsonElement config = await api.GetJsonAsync("/config", "alice");

        Assert.Equal("[]", config.GetProperty("ICEServersConfigs").GetRawText());
        Assert.Equal(needsCredentials, config.GetProperty("NeedsTURNCredentials").GetBoolean());
    }

    [Fact]
    [Trait("Spec", "configuration-19")]
    [Trait("Spec", "configuration-32")]
    public async Task Relays_with_credentials_and_the_legacy_list_are_for_everybody()
    {
        await using ApiHost api = await ApiHost.StartAsync(new CallsSettings
        {
            ICEServersConfigs = [Turn with { Username = "u", Credential = "c" }],
            ICEServers = ["stun:a:1", "stun:b:2"],
        });

        JsonElement config = await api.GetJsonAsync("/config", "alice");

        Assert.Equal(
            """[{"urls":["turn:turn.example.org:3478"],"username":"u","credential":"c"},{"urls":["stun:a:1","stun:b:2"]}]""",
            config.GetProperty("ICEServersConfigs").GetRawText());
        Assert.Equal(2, config.GetProperty("ICEServers").GetArrayLength());
    }

    [Fact]
    [Trait("Spec", "configuration-20")]
    public async Task Relay_credentials_name_the_user_and_their_end()
    {
        await using ApiHost api = await ApiHost.StartAsync(
            new CallsSettings { ICEServersConfigs = [Turn], TURNStaticAuthSecret = "abc", TURNCredentialsExpirationMinutes = 60 });

        JsonElement server = (await api.GetJsonAsync("/turn-credentials", "alice"))[0];

        string username = $"{api.Calls.Time.GetUtcNow().ToUnixTimeSeconds() + 3600}:alice";
        Assert.Equal(username, server.GetProperty("username").GetString());
        Assert.Equal(
            Convert.ToBase64String(HMACSHA1.HashData("abc"u8, Encoding.UTF8.GetBytes(username))),
            server.GetProperty("credential").GetString());
        Assert.Equal("turn:turn.example.org:3478", server.GetProperty("urls")[0].GetString());
    }

    [Fact]
    [Trait("Spec", "configuration-21")]
    public async Task Relay_credentials_live_a_week_at_most()
    {
        await using ApiHost api = await ApiHost.StartAsync(
            new CallsSettings { ICEServersConfigs = [Turn], TURNStaticAuthSecret = "abc", TURNCredentialsExpirationMinutes = 20_000 });

        using HttpResponseMessage response = await api.GetAsync("/turn-credentials", "alice");

        Assert.Equal(500, (int)response.StatusCode);
        Assert.Equal(
            "{\"message\":\"expirationTS cannot be more than a week into the future\",\"status_code\":500}\n",
            await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("", "TURNStaticAuthSecret should be set")]
    [InlineData("abc", "No TURN server was configured")]
    [Trait("Spec", "rest-api-52")]
    public async Task Without_a_relay_there_are_no_credentials(string secret, string message)
    {
        await using ApiHost api = await ApiHost.StartAsync(new CallsSettings { TURNStaticAuthSecret = secret });

        using HttpResponseMessage response = await api.GetAsync("/turn-credentials", "alice");

        Assert.Equal(403, (int)response.StatusCode);
        Assert.Equal($"{{\"message\":\"{message}\",\"status_code\":403}}\n", await response.Content.ReadAsStringAsync());
    }
}
