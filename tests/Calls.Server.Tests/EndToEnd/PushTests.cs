using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Calls.Server.Configuration;
using Calls.Server.Tests.EndToEnd.Testing;

namespace Calls.Server.Tests.EndToEnd;

/// <summary>Pushes of Mattermost on their way to its push proxy (mattermost-integration.md 3.16, rest-api.md 9).</summary>
public sealed class PushTests : IAsyncLifetime
{
    private const string Device = "bobs-phone";

    private PushProxy _proxy = null!;
    private CallsSite _site = null!;

    public async Task InitializeAsync()
    {
        _proxy = await PushProxy.StartAsync();
        _site = await CallsSite.StartAsync(
            new CallsSettings { DefaultEnabled = true, EnableRinging = true, ICEServersConfigs = [] },
            options => options with { PushProxyUrl = _proxy.Url });
        _site.Mattermost.SetConfig("EmailSettings", "SendPushNotifications", true);
        _site.Mattermost.SetConfig("EmailSettings", "PushNotificationServer", _site.Url.ToString());
        await _site.Sidecar.FirstSettings.WaitAsync(Mattermost.Testing.Limits.Test);
    }

    public async Task DisposeAsync()
    {
        await _site.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [Fact]
    [Trait("Spec", "integration-92")]
    [Trait("Spec", "rest-api-58")]
    public async Task A_call_that_starts_in_a_direct_message_becomes_one_push_of_Calls()
    {
        _site.Mattermost.LogIn("bob", deviceId: "apple_rn-v2:" + Device);
        string direct = _site.Mattermost.AddDirectChannel(_site.IdOf("alice"), _site.IdOf("bob"));
        await _site.JoinAsync("alice", direct);

        JsonElement push = (await _proxy.NextAsync()).Json;
        string post = _site.Mattermost.PostsIn(direct).Single().GetProperty("id").GetString()!;

        Assert.Equal(("message", "calls", post, direct), (Text(push, "type"), Text(push, "sub_type"), Text(push, "post_id"), Text(push, "channel_id")));
        Assert.Equal("\u200balice is inviting you to a call", Text(push, "message"));
        Assert.Equal(
            ("v2", Device, "apple_rn-v2", "alice", "@alice", "CAN_REPLY", 1),
            (Text(push, "version"), Text(push, "device_id"), Text(push, "platform"), Text(push, "sender_name"), Text(push, "channel_name"), Text(push, "category"), push.GetProperty("badge").GetInt32()));
        string[] jwt = Text(push, "signature").Split('.');
        JsonElement claims = JsonDocument.Parse(Base64Url.DecodeFromChars(jwt[1])).RootElement;
        Assert.Equal((Text(push, "ack_id"), Device), (Text(claims, "ack_id"), Text(claims, "device_id")));
        using var key = ECDsa.Create();
        using HttpResponseMessage config = await _site.SendAsync(HttpMethod.Get, "/api/v4/config/client?format=old", _site.LogIn("alice"));
        string publicKey = Text(JsonDocument.Parse(await config.Content.ReadAsStringAsync()).RootElement, "AsymmetricSigningPublicKey");
        key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(publicKey), out _);
        Assert.True(key.VerifyData(Encoding.ASCII.GetBytes($"{jwt[0]}.{jwt[1]}"), Base64Url.DecodeFromChars(jwt[2]), HashAlgorithmName.SHA256));
        Assert.Equal(0, _proxy.Count);
    }

    [Fact]
    public async Task In_a_channel_only_the_words_change_and_without_ringing_nothing()
    {
        ClientSocket alice = await _site.JoinAsync("alice");
        string post = _site.Mattermost.PostsIn(_site.Channel).Single().GetProperty("id").GetString()!;
        string push = Push(post, _site.Channel, root: "");

        await SendAsync(push);
        JsonElement ringing = (await _proxy.NextAsync()).Json;
        await SendAsync(push.Replace("\"is_id_loaded\":false", "\"is_id_loaded\":true", StringComparison.Ordinal));
        JsonElement idLoaded = (await _proxy.NextAsync()).Json;

        Assert.Equal("\u200balice is inviting you to a call", Text(ringing, "message"));
        Assert.False(ringing.TryGetProperty("sub_type", out _));
        Assert.Equal("You've been invited to a call", Text(idLoaded, "message"));
        await alice.SendAsync("leave");
    }

    [Fact]
    [Trait("Spec", "integration-93")]
    [Trait("Spec", "rest-api-59")]
    public async Task Who_is_in_the_call_gets_no_push_for_replies_in_its_thread()
    {
        _site.Mattermost.LogIn("bob", deviceId: "android_rn-v2:" + Device);
        _site.Mattermost.LogIn("carol", deviceId: "android_rn-v2:carols-phone");
        await _site.JoinAsync("alice");
        await _site.JoinAsync("bob");
        string thread = _site.Mattermost.PostsIn(_site.Channel).Single().GetProperty("id").GetString()!;
        string reply = Push("replyxxxxxxxxxxxxxxxxxxxxx", _site.Channel, thread);

        Assert.Equal("""{"status":"OK"}""", await SendAsync(reply));
        Assert.Equal(0, _proxy.Count);

        string toCarol = reply.Replace(Device, "carols-phone", StringComparison.Ordinal);
        Assert.Equal("""{"status":"REMOVE"}""", await SendAsync(toCarol));
        PushProxy.Received passed = await _proxy.NextAsync();
        Assert.Equal(("/api/v1/send_push", toCarol), (passed.Path, passed.Body));
        Assert.Equal(("auth", "server"), (passed.Headers["X-Mattermost-Auth"], passed.Headers["X-Mattermost-ServerID"]));
        Assert.False(passed.Headers.ContainsKey("Cookie"));

        string elsewhere = reply.Replace(thread, "threadxxxxxxxxxxxxxxxxxxxx", StringComparison.Ordinal);
        await SendAsync(elsewhere);
        Assert.Equal(elsewhere, (await _proxy.NextAsync()).Body);
    }

    [Theory]
    [InlineData("/api/v1/ack", """{"id":"x"}""")]
    [InlineData("/api/v1/send_push", "not json")]
    [InlineData("/api/v1/send_push", """{"type":"clear","channel_id":7}""")]
    [InlineData("/api/v1/send_push", "[]")]
    public async Task Everything_else_passes_as_it_is(string path, string body)
    {
        await SendAsync(body, path);

        PushProxy.Received passed = await _proxy.NextAsync();
        Assert.Equal((path, body), (passed.Path, passed.Body));
    }

    [Fact]
    [Trait("Spec", "integration-94")]
    public async Task A_push_proxy_that_is_away_is_told_to_Mattermost()
    {
        await _proxy.DisposeAsync();
        using var content = new StringContent("""{"type":"message"}""", Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_site.Url, "/api/v1/send_push")) { Content = content };

        using HttpResponseMessage answer = await _site.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Equal("FAIL", Text(JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement, "status"));
    }

    [Fact]
    public async Task A_stranger_cannot_send_pushes()
    {
        using var content = new StringContent("""{"type":"message"}""", Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_site.Url, "/api/v1/send_push")) { Content = content };
        request.Headers.Add("X-Forwarded-For", "192.0.2.9");

        using HttpResponseMessage answer = await _site.SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(0, _proxy.Count);
    }

    private static string Push(string post, string channel, string root) =>
        $$"""{"type":"message","post_id":"{{post}}","channel_id":"{{channel}}","root_id":"{{root}}","device_id":"{{Device}}","sender_name":"alice","message":"alice: hi","is_id_loaded":false}""";

    private async Task<string> SendAsync(string body, string path = "/api/v1/send_push")
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_site.Url, path)) { Content = content };
        request.Headers.Add("X-Mattermost-Auth", "auth");
        request.Headers.Add("X-Mattermost-ServerID", "server");
        request.Headers.Add("Cookie", "a=b");
        using HttpResponseMessage answer = await _site.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
