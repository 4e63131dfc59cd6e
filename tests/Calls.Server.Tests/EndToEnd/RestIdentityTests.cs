using System.Net;
using System.Text.Json;
using Calls.Domain.Ports;
using Calls.Server.Mattermost;
using Calls.Server.Tests.EndToEnd.Testing;
using Calls.Server.Tests.Mattermost.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Calls.Server.Tests.EndToEnd;

/// <summary>Who may do what over REST, asked of a Mattermost that decides (rest-api.md 1.3, mattermost-integration.md 9).</summary>
public sealed class RestIdentityTests : IAsyncLifetime
{
    private const string Base = "/plugins/com.mattermost.calls";

    private CallsSite _site = null!;

    private string Dismiss => $"{Base}/calls/{_site.Channel}/dismiss-notification";

    public async Task InitializeAsync() => _site = await CallsSite.StartAsync();

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    [Trait("Spec", "rest-api-6")]
    public async Task Nobody_says_by_a_header_who_he_is()
    {
        (HttpStatusCode status, string body) = await SendAsync(HttpMethod.Get, $"{Base}/config", ("Mattermost-User-Id", _site.IdOf("sysadmin")));

        Assert.Equal((HttpStatusCode.Unauthorized, "Unauthorized\n"), (status, body));
    }

    [Fact]
    [Trait("Spec", "rest-api-7")]
    public async Task A_cookie_alone_is_not_enough_to_change_something()
    {
        await _site.JoinAsync("alice");
        (HttpStatusCode status, string body) = await SendAsync(HttpMethod.Post, Dismiss, ("Cookie", $"MMAUTHTOKEN={_site.LogIn("bob")}"));

        Assert.Equal((HttpStatusCode.Unauthorized, "Unauthorized\n"), (status, body));
        Assert.Empty((await _site.StoredCallAsync())!.Dismissed);
    }

    [Fact]
    [Trait("Spec", "rest-api-8")]
    public async Task A_cookie_with_its_sessions_CSRF_value_is()
    {
        await _site.JoinAsync("alice");
        string token = _site.LogIn("bob");

        (HttpStatusCode status, _) = await SendAsync(
            HttpMethod.Post, Dismiss, ("Cookie", $"MMAUTHTOKEN={token}"), ("X-CSRF-Token", _site.Mattermost.CsrfOf(token)));

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(_site.IdOf("bob"), (await _site.StoredCallAsync())!.Dismissed.Single().Value);
    }

    [Fact]
    [Trait("Spec", "rest-api-9")]
    public async Task A_bearer_token_needs_none()
    {
        await _site.JoinAsync("alice");

        (HttpStatusCode status, _) = await SendAsync(HttpMethod.Post, Dismiss, ("Authorization", $"Bearer {_site.LogIn("bob")}"));

        Assert.Equal(HttpStatusCode.OK, status);
    }

    [Fact]
    [Trait("Spec", "integration-66")]
    public async Task A_deactivated_user_is_out_of_every_call_and_unknown()
    {
        string first = _site.LogIn("bob");
        string second = _site.LogIn("bob");
        ClientSocket alice = await _site.JoinAsync("alice");
        ClientSocket one = await _site.JoinWithAsync(first);
        ClientSocket two = await _site.JoinWithAsync(second);
        alice.TakeAll();

        _site.Mattermost.SetActive(_site.IdOf("bob"), isActive: false);

        string[] left = [(await alice.NextAsync("user_left")).Text("session_id"), (await alice.NextAsync("user_left")).Text("session_id")];
        Assert.Equal(new[] { one.Id, two.Id }.Order(), left.Order());
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(HttpMethod.Get, $"{Base}/config", ("Authorization", $"Bearer {first}"))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(HttpMethod.Get, $"{Base}/config", ("Authorization", $"Bearer {second}"))).Status);
    }

    [Fact]
    [Trait("Spec", "integration-68")]
    public async Task A_guest_may_what_his_roles_grant()
    {
        string guest = _site.Mattermost.AddUser("guest", isGuest: true);
        string token = _site.LogIn("guest");
        string closed = _site.Mattermost.AddChannel("closed", "P", _site.IdOf("alice"));
        _site.Mattermost.AddMember(_site.Channel, guest);

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, $"{Base}/{_site.Channel}", ("Authorization", $"Bearer {token}"))).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(HttpMethod.Get, $"{Base}/{closed}", ("Authorization", $"Bearer {token}"))).Status);
        ClientSocket joined = await _site.JoinWithAsync(token);
        await joined.SendAsync("leave");

        ClientSocket refused = await _site.OpenWithAsync(token);
        await refused.SendAsync("join", new { channelID = closed });
        Assert.Equal("forbidden", (await refused.NextAsync("error")).Text("data"));

        _site.Mattermost.SetRolePermissions("channel_guest", "read_channel");
        ClientSocket alice = await _site.OpenAsync("alice");
        await alice.SyncAsync();
        ClientSocket silenced = await _site.OpenWithAsync(token);
        await silenced.SendAsync("join", new { channelID = _site.Channel });
        Assert.Equal("forbidden", (await silenced.NextAsync("error")).Text("data"));
    }

    [Fact]
    [Trait("Spec", "integration-69")]
    public async Task A_token_in_the_query_is_an_apps_on_sockets_and_anybodys_over_REST()
    {
        string app = _site.Mattermost.LogIn("alice", isOAuth: true);
        string browser = _site.LogIn("alice");

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, $"{Base}/config?access_token={app}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, $"{Base}/config?access_token={browser}")).Status);
        ClientSocket socket = _site.Own(await ClientSocket.OpenAsync(_site.Url, token: null, $"connection_id=&sequence_number=0&access_token={app}"));
        await socket.GreetedAsync();
        await socket.SendAsync("join", new { channelID = _site.Channel });
        await socket.NextAsync("join");

        using var refused = new System.Net.WebSockets.ClientWebSocket();
        refused.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() => refused.ConnectAsync(
            new Uri($"ws://{_site.Url.Authority}/api/v4/websocket?access_token={browser}"), CancellationToken.None));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.HttpStatusCode);
    }

    [Fact]
    [Trait("Spec", "integration-74")]
    public async Task A_session_of_somebody_else_cannot_be_taken_over()
    {
        ClientSocket alice = await _site.JoinAsync("alice");
        ClientSocket mallory = await _site.OpenAsync("bob");

        await mallory.SendAsync("reconnect", new { channelID = _site.Channel, originalConnID = alice.Id, prevConnID = alice.Id });

        Assert.Equal("session not found in call state", (await mallory.NextAsync("error")).Text("data"));
        await _site.StateAsync(alice);
        Assert.Equal(_site.IdOf("alice"), Assert.Single((await _site.StoredCallAsync())!.Sessions.Values).User.Value);
    }

    [Fact]
    [Trait("Spec", "integration-75")]
    public async Task Permissions_are_those_that_Mattermost_itself_grants()
    {
        IChatHost host = _site.Sidecar.Services.GetRequiredService<IChatHost>();
        string bob = _site.IdOf("bob");
        string closed = _site.Mattermost.AddChannel("closed", "P", _site.IdOf("alice"));
        _site.Mattermost.AddMember(closed, bob);
        _site.Mattermost.SetChannelAdmin(closed, bob, isAdmin: true);
        string outsider = _site.Mattermost.AddUser("outsider");
        string guest = _site.Mattermost.AddUser("guest", isGuest: true);

        foreach ((string user, string id) in ((string, string)[])[("alice", _site.IdOf("alice")), ("bob", bob), ("sysadmin", _site.IdOf("sysadmin")), ("outsider", outsider), ("guest", guest)])
        {
            string token = _site.LogIn(user);
            foreach (string channel in (string[])[closed, _site.Channel])
            {
                // What Mattermost does when the user tries it himself.
                using HttpResponseMessage posted = await _site.SendAsync(HttpMethod.Post, "/api/v4/posts", token, new { channel_id = channel, message = "x" });
                using HttpResponseMessage read = await _site.SendAsync(HttpMethod.Get, $"/api/v4/channels/{channel}/posts", token);
                Assert.Equal(
                    (user, channel, posted.StatusCode == HttpStatusCode.Created),
                    (user, channel, await host.HasChannelPermissionAsync(new(id), new(channel), ChannelPermission.CreatePost, default)));
                Assert.Equal(
                    (user, channel, read.StatusCode == HttpStatusCode.OK),
                    (user, channel, await host.HasChannelPermissionAsync(new(id), new(channel), ChannelPermission.ReadChannel, default)));
            }

            using HttpResponseMessage config = await _site.SendAsync(HttpMethod.Put, "/api/v4/config/patch", token, new { });
            Assert.Equal((user, config.StatusCode == HttpStatusCode.OK), (user, await host.IsSystemAdminAsync(new(id), default)));
        }

        Assert.True(await host.HasChannelPermissionAsync(new(bob), new(closed), ChannelPermission.ManageChannel, default));
        Assert.False(await host.HasChannelPermissionAsync(new(_site.IdOf("carol")), new(closed), ChannelPermission.ManageChannel, default));
    }

    [Fact]
    [Trait("Spec", "integration-101")]
    public async Task While_Mattermost_is_away_nobody_is_logged_out()
    {
        string token = _site.LogIn("alice");
        await _site.Mattermost.StopListeningAsync();

        Task<(HttpStatusCode Status, string)> asked = SendAsync(HttpMethod.Get, $"{Base}/config", ("Authorization", $"Bearer {token}"));
        await _site.WithinAsync(30, () => asked.IsCompleted);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await asked).Status);
    }

    [Fact]
    [Trait("Spec", "integration-104")]
    public async Task A_client_that_bypasses_the_gateway_is_counted_and_gets_no_events()
    {
        GatewayCounters counters = _site.Sidecar.Services.GetRequiredService<GatewayCounters>();
        string token = _site.LogIn("bob");
        await using ClientSocket past = await ClientSocket.OpenGreetedAsync(_site.Mattermost.Url, token);
        ClientSocket alice = await _site.JoinAsync("alice");
        Assert.Equal(0, counters.RequestsWithoutConnection);

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, $"{Base}/config", ("Authorization", $"Bearer {token}"))).Status);
        await alice.SendAsync("raise_hand");
        await alice.NextAsync("user_raise_hand");
        await past.SyncAsync();

        Assert.Equal(1, counters.RequestsWithoutConnection);
        Assert.DoesNotContain(past.Frames, static frame => frame.IsOfCalls);
    }

    [Fact]
    [Trait("Spec", "rest-api-60")]
    public async Task A_user_removed_from_the_channel_loses_his_media_and_is_told()
    {
        ClientSocket alice = await _site.JoinAsync("alice");
        ClientSocket bob = await _site.JoinAsync("bob");
        MediaClient media = await MediaClient.ConnectAsync(_site, bob);
        alice.TakeAll();
        bob.TakeAll();

        _site.Mattermost.RemoveMember(_site.Channel, _site.IdOf("bob"), _site.IdOf("sysadmin"));

        WireFrame told = await bob.NextAsync("user_left");
        Assert.Equal((bob.Id, _site.Channel), (told.Text("session_id"), told.Text("channelID")));
        Assert.Equal(bob.Id, (await alice.NextAsync("user_left")).Text("session_id"));
        await Poll.UntilAsync(() => _site.Sidecar.Media.GetSessions("default", AliveCall()).All(session => session.SessionId != bob.Id));
        _ = media;

        string AliveCall() => _site.StoredCallAsync().GetAwaiter().GetResult()!.Id.Value;
    }

    [Fact]
    public async Task A_clients_log_becomes_a_file_in_a_direct_message()
    {
        _site.Mattermost.SetConfig("ServiceSettings", "SiteURL", "https://chat.example.org");
        await _site.WithinAsync(5, () => _site.Sidecar.Services.GetRequiredService<Calls.Server.Mattermost.Rest.SettingsCache>().Current?.SiteUrl.Length > 0);
        ClientSocket alice = await _site.OpenAsync("alice");
        string token = _site.LogIn("alice");
        string bot = _site.Sidecar.Services.GetRequiredService<IChatHost>().BotUserId.Value;

        using HttpResponseMessage answer = await _site.SendAsync(
            HttpMethod.Post, $"{Base}/logs/upload", token, new { logs = "one\ntwo", channel_id = _site.Channel, team_id = _site.Mattermost.Seed.TeamId });

        Assert.Equal((HttpStatusCode.OK, "{}\n", "application/json"), (answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Content.Headers.ContentType!.ToString()));
        JsonElement post = _site.Mattermost.PostsIn(_site.Mattermost.AddDirectChannel(_site.IdOf("alice"), bot)).Single();
        Assert.Equal((bot, ""), (post.GetProperty("user_id").GetString(), post.GetProperty("message").GetString()));
        string file = post.GetProperty("file_ids")[0].GetString()!;
        using HttpResponseMessage content = await _site.SendAsync(HttpMethod.Get, $"/api/v4/files/{file}", token);
        Assert.Equal("one\ntwo", await content.Content.ReadAsStringAsync());
        using HttpResponseMessage info = await _site.SendAsync(HttpMethod.Get, $"/api/v4/files/{file}/info", token);
        Assert.Matches("\"name\":\"call_logs_\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\d-\\d\\dZ.txt\"", await info.Content.ReadAsStringAsync());
        string told = JsonDocument.Parse((await alice.NextAsync("ephemeral_message")).Text("post")).RootElement.GetProperty("message").GetString()!;
        Assert.Equal($"Call logs uploaded \u2014 [view in your @calls DM](https://chat.example.org/demo/pl/{post.GetProperty("id").GetString()})", told);
    }

    [Theory]
    [InlineData("""{"logs":"x","channel_id":"short","team_id":"short"}""", "Invalid channel_id or team_id\n")]
    [InlineData("""{"logs":7}""", "Invalid request body\n")]
    [InlineData("", "Invalid request body\n")]
    [InlineData(null, "Invalid request body\n")]
    public async Task A_log_that_cannot_be_taken_is_refused(string? body, string text)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_site.Url, $"{Base}/logs/upload"))
        {
            Content = new StringContent(body ?? $$"""{"logs":"{{new string('x', 2 * 1024 * 1024)}}"}"""),
        };
        request.Headers.Authorization = new("Bearer", _site.LogIn("alice"));

        using HttpResponseMessage answer = await _site.SendAsync(request);

        Assert.Equal((HttpStatusCode.BadRequest, text), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    private async Task<(HttpStatusCode Status, string Body)> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(_site.Url, path));
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage answer = await _site.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
