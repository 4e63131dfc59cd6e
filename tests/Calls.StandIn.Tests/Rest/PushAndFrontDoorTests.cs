using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Calls.StandIn.Tests.Kit;

namespace Calls.StandIn.Tests.Rest;

/// <summary>The push and plugin-path groups of 11.3.</summary>
public sealed class PushAndFrontDoorTests : StandInTest
{
    private const string Version = "raw:/plugins/com.mattermost.calls/version";

    [Fact]
    public async Task A_direct_post_pushes_to_the_receivers_devices_with_a_signature_that_verifies()
    {
        await using Listener proxy = await Listener.StartAsync();
        Server.SetConfig("EmailSettings", "SendPushNotifications", true);
        Server.SetConfig("EmailSettings", "PushNotificationServer", proxy.Url.ToString());
        Server.LogIn("bob", deviceId: "apple_rn-v2:device-1");
        Server.LogIn("bob");
        string direct = Server.AddDirectChannel(Alice, Bob);

        string post = (await As("alice").PostAsync("/posts", new { channel_id = direct, message = "call me", type = "custom_calls" })).Is(201)["id"];

        Listener.Received push = await proxy.NextAsync();
        Assert.Equal(("POST", "/api/v1/send_push"), (push.Method, push.Path));
        JsonElement body = JsonDocument.Parse(push.Body).RootElement;
        Assert.Equal(("message", post, direct), (body.GetProperty("type").GetString(), body.GetProperty("post_id").GetString(), body.GetProperty("channel_id").GetString()));
        Assert.Equal(("apple_rn-v2", "device-1"), (body.GetProperty("platform").GetString(), body.GetProperty("device_id").GetString()));

        string[] jwt = body.GetProperty("signature").GetString()!.Split('.');
        JsonElement claims = JsonDocument.Parse(Base64Url.DecodeFromChars(jwt[1])).RootElement;
        Assert.Equal(["ack_id", "device_id"], claims.EnumerateObject().Select(c => c.Name));
        Assert.Equal(body.GetProperty("ack_id").GetString(), claims.GetProperty("ack_id").GetString());
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(Convert.FromBase64String((await AsBot().GetAsync("/config/client?format=old"))["AsymmetricSigningPublicKey"]), out _);
        Assert.True(key.VerifyData(Encoding.ASCII.GetBytes($"{jwt[0]}.{jwt[1]}"), Base64Url.DecodeFromChars(jwt[2]), HashAlgorithmName.SHA256));
    }

    [Fact]
    public async Task The_front_door_resolves_the_caller_and_strips_what_the_plugin_must_not_see()
    {
        await using Listener plugin = await Listener.StartAsync();
        await using StandInMattermost server = await StandInMattermost.StartAsync(new StandInOptions { PluginUpstream = plugin.Url }, CancellationToken.None);
        using var client = new ApiClient(server.Url, null);
        string alice = server.LogIn("alice");
        string bob = server.LogIn("bob");

        // A header goes before the cookie here, unlike on the API.
        Listener.Received seen = await AskAsync(HttpMethod.Get, "?a=1&access_token=zzz", ("Authorization", $"Bearer {alice}"), ("Cookie", $"MMAUTHTOKEN={bob}; other=1"), ("Mattermost-User-Id", server.Seed.AdminId), ("Mattermost-Plugin-ID", "x"), ("Referer", "http://x/"));
        Assert.Equal(server.Seed.AliceId, seen.Headers["mattermost-user-id"]);
        Assert.Equal("?a=1", seen.Query);
        Assert.Equal("other=1", seen.Headers["cookie"]);
        Assert.False(seen.Headers.ContainsKey("authorization"));
        Assert.False(seen.Headers.ContainsKey("mattermost-plugin-id"));
        Assert.False(seen.Headers.ContainsKey("referer"));

        Listener.Received unknown = await AskAsync(HttpMethod.Get, "", ("Authorization", "Bearer unknown"));
        Assert.False(unknown.Headers.ContainsKey("mattermost-user-id"));
        Assert.Equal("Bearer unknown", unknown.Headers["authorization"]);

        Assert.False((await AskAsync(HttpMethod.Post, "", ("Cookie", $"MMAUTHTOKEN={bob}"))).Headers.ContainsKey("mattermost-user-id"));
        Assert.Equal(server.Seed.BobId, (await AskAsync(HttpMethod.Post, "", ("Cookie", $"MMAUTHTOKEN={bob}"), ("X-CSRF-Token", server.CsrfOf(bob)))).Headers["mattermost-user-id"]);
        server.SetOwesMfa(server.Seed.BobId, true);
        Assert.False((await AskAsync(HttpMethod.Get, "", ("Authorization", $"Bearer {bob}"))).Headers.ContainsKey("mattermost-user-id"));

        async Task<Listener.Received> AskAsync(HttpMethod method, string query, params (string Name, string Value)[] headers)
        {
            var message = new HttpRequestMessage(method, "");
            foreach ((string name, string value) in headers)
            {
                message.Headers.TryAddWithoutValidation(name, value);
            }

            (await client.SendAsync(message, Version + query, method == HttpMethod.Post ? new { } : null)).Is(200);
            return await plugin.NextAsync();
        }
    }
}
