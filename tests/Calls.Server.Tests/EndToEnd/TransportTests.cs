using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.Domain;
using Calls.Server.Tests.EndToEnd.Testing;
using Calls.Server.Tests.Mattermost.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Calls.Server.Tests.EndToEnd;

/// <summary>The WebSocket that clients share with Mattermost, with Calls behind it.</summary>
public sealed class TransportTests : IAsyncLifetime
{
    private CallsSite _site = null!;

    public async Task InitializeAsync() => _site = await CallsSite.StartAsync();

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    [Trait("Spec", "signaling-1")]
    public async Task A_cookie_is_enough_and_the_greeting_comes_first()
    {
        _site.Mattermost.SetConfig("ServiceSettings", "SiteURL", _site.Url.GetLeftPart(UriPartial.Authority));
        ClientSocket alice = _site.Own(await ClientSocket.OpenAsync(_site.Url, _site.LogIn("alice"), origin: _site.Url.GetLeftPart(UriPartial.Authority)));

        await alice.GreetedAsync();

        Assert.Matches("^[a-z0-9]{26}$", alice.Id);
        Assert.Equal(1, alice.NextSeq);
    }

    [Fact]
    [Trait("Spec", "signaling-2")]
    public async Task A_page_of_another_origin_is_refused()
    {
        _site.Mattermost.SetConfig("ServiceSettings", "SiteURL", "https://chat.example.org");
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader("Cookie", $"MMAUTHTOKEN={_site.LogIn("alice")}");
        socket.Options.SetRequestHeader("Origin", "https://evil.example.org");

        await Assert.ThrowsAsync<WebSocketException>(() =>
            socket.ConnectAsync(new Uri($"ws://{_site.Url.Authority}/api/v4/websocket"), CancellationToken.None));

        Assert.Equal(403, (int)socket.HttpStatusCode);
    }

    [Fact]
    [Trait("Spec", "signaling-3")]
    public async Task A_socket_without_credentials_ends_without_an_event()
    {
        ClientSocket nobody = _site.Own(await ClientSocket.OpenAsync(_site.Url, token: null));

        await _site.MattermostTime.WhenTimerIsSetAsync(TimeSpan.FromSeconds(5)).WaitAsync(Limits.Test);
        _site.MattermostTime.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(nobody.IsOver);
        _site.MattermostTime.Advance(TimeSpan.FromSeconds(0.1));
        await nobody.EndedAsync();

        Assert.Empty(nobody.Frames);
    }

    [Fact]
    [Trait("Spec", "signaling-4")]
    [Trait("Spec", "signaling-5")]
    [Trait("Spec", "signaling-9")]
    public async Task A_challenge_greets_before_it_is_answered_and_a_second_one_is_not_answered()
    {
        ClientSocket alice = _site.Own(await ClientSocket.OpenAsync(_site.Url, token: null));
        string token = _site.LogIn("alice");

        await alice.SendTextAsync(JsonSerializer.Serialize(new { action = "authentication_challenge", seq = 1, data = new { token } }));
        await alice.GreetedAsync();
        WireFrame reply = await alice.ReplyAsync(1);
        Assert.Equal("OK", reply.Json.GetProperty("status").GetString());

        await alice.SendTextAsync(JsonSerializer.Serialize(new { action = "authentication_challenge", seq = 2, data = new { token } }));
        await alice.SyncAsync();
        Assert.Empty(alice.Frames);

        // Its own numbers start again: none is looked at.
        alice.RestartNumbers();
        await alice.SendAsync("join", new { channelID = _site.Channel });
        await alice.NextAsync("call_state");
        alice.RestartNumbers();
        await alice.SendAsync("unmute");
        await alice.NextAsync("user_unmuted");
    }

    [Fact]
    [Trait("Spec", "signaling-6")]
    public async Task A_ping_is_answered_while_the_lock_of_the_call_is_held()
    {
        ClientSocket alice = await _site.JoinAsync("alice");
        var held = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        Task holding = _site.Sidecar.Services.GetRequiredService<CallDirectory>().RunAsync(
            new ChannelId(_site.Channel),
            CallDirectory.LockLimit,
            async _ =>
            {
                held.SetResult();
                await release.Task;
            });
        await held.Task;

        await alice.SendAsync("unmute");
        await alice.SendAsync("call_state", new { channelID = _site.Channel });
        WireFrame pong = await alice.AskAsync("ping", 42);

        Assert.Equal("pong", pong.Text("text"));
        Assert.Empty(alice.Names);
        release.SetResult();
        await holding;
        await alice.NextAsync("user_unmuted");
    }

    [Fact]
    [Trait("Spec", "signaling-7")]
    [Trait("Spec", "signaling-8")]
    public async Task Events_are_numbered_without_gap_among_replies_and_no_action_of_calls_is_answered()
    {
        ClientSocket alice = await _site.JoinAsync("alice");
        ClientSocket main = await _site.OpenAsync("alice");
        for (int round = 0; round < 10; round++)
        {
            _site.Mattermost.Publish("from_mattermost", new JsonObject { ["round"] = round }, userId: _site.IdOf("alice"));
            await alice.SendAsync(round % 2 == 0 ? "unmute" : "mute");
            await alice.SendAsync("ping");
            await main.SendAsync("no_such_action");
            await alice.AskAsync("ping", 500 + round);
            await main.AskAsync("get_statuses", 600 + round);
        }

        await alice.NextAsync("user_unmuted");
        await _site.SettleAsync(alice, main);

        // The socket itself refuses a gap and a number on a reply.
        Assert.DoesNotContain(alice.Frames.Concat(main.Frames), static frame => frame.IsReply);
        Assert.Equal(10, main.Frames.Count(static frame => frame.Name == "from_mattermost"));
        Assert.Equal(10, main.Names.Count);
    }

    [Fact]
    [Trait("Spec", "signaling-10")]
    public async Task A_frame_of_8193_bytes_closes_the_socket_with_1009()
    {
        ClientSocket alice = await _site.OpenAsync("alice");
        string filler = new('x', 8193 - """{"action":"ping","seq":1,"data":{"x":""}}""".Length);

        await alice.SendTextAsync($$$"""{"action":"ping","seq":1,"data":{"x":"{{{filler[1..]}}}"}}""");
        await alice.ReplyAsync(1);
        await alice.SendTextAsync($$$"""{"action":"ping","seq":1,"data":{"x":"{{{filler}}}"}}""");
        await alice.EndedAsync();

        Assert.Equal(1009, alice.CloseCode);
    }

    [Fact]
    [Trait("Spec", "signaling-11")]
    public async Task A_frame_that_is_no_JSON_closes_the_socket()
    {
        ClientSocket alice = await _site.JoinAsync("alice");

        await alice.SendTextAsync("{\"action\":");

        await alice.EndedAsync();
    }

    [Fact]
    [Trait("Spec", "signaling-12")]
    public async Task A_packed_action_does_what_its_text_does()
    {
        ClientSocket alice = await _site.OpenAsync("alice");

        await alice.SendPackedAsync("join", new Dictionary<string, object?> { ["title"] = "", ["channelID"] = _site.Channel });
        await alice.NextAsync("join");
        await alice.SendPackedAsync("unmute");

        Assert.Equal(alice.Id, (await alice.NextAsync("user_unmuted")).Text("session_id"));
    }

    [Fact]
    [Trait("Spec", "signaling-13")]
    public async Task A_client_that_comes_back_gets_exactly_what_it_missed()
    {
        await _site.JoinAsync("bob");
        string token = _site.LogIn("alice");
        ClientSocket alice = await _site.OpenWithAsync(token);
        ClientSocket other = await _site.OpenAsync("alice");
        for (int number = 1; number <= 9; number++)
        {
            _site.Mattermost.Publish("from_mattermost", [], userId: _site.IdOf("alice"));
            Assert.Equal(number, (await alice.NextAsync("from_mattermost")).Seq);
        }

        await alice.CloseAsync();
        await InactiveAsync(alice.Id);
        other.TakeAll();
        _site.Mattermost.Publish("first", [], userId: _site.IdOf("alice"));
        await _site.JoinAsync("carol");
        await other.NextAsync("user_joined");
        _site.Mattermost.Publish("last", [], userId: _site.IdOf("alice"));
        await other.NextAsync("last");

        ClientSocket back = await _site.ResumeAsync(alice, token);
        WireFrame[] missed = [await back.NextAsync("first"), await back.NextAsync("last"), await back.NextAsync("user_joined")];

        // Each of the two sources keeps its order; Mattermost's are replayed first.
        Assert.Equal([10, 11, 12], missed.Select(static frame => frame.Seq));
        await back.SyncAsync();
        Assert.Empty(back.Frames);
        Assert.Equal(alice.Id, back.Id);
    }

    [Fact]
    [Trait("Spec", "signaling-14")]
    [Trait("Spec", "signaling-16")]
    public async Task What_cannot_be_continued_starts_afresh()
    {
        string token = _site.LogIn("alice");
        ClientSocket alice = await _site.OpenWithAsync(token);
        await alice.CloseAsync();
        await InactiveAsync(alice.Id);

        foreach (string query in (string[])["connection_id=unknownxxxxxxxxxxxxxxxxxxx&sequence_number=10", $"connection_id={alice.Id}&sequence_number=NaN"])
        {
            ClientSocket fresh = _site.Own(await ClientSocket.OpenAsync(_site.Url, token, query));
            await fresh.GreetedAsync();
            Assert.NotEqual(alice.Id, fresh.Id);
            Assert.Equal(1, fresh.NextSeq);
        }
    }

    [Fact]
    [Trait("Spec", "signaling-15")]
    [Trait("Spec", "integration-40")]
    public async Task A_client_that_gave_up_a_living_socket_takes_its_connection_over()
    {
        string token = _site.LogIn("alice");
        ClientSocket alice = await _site.JoinWithAsync(token);

        ClientSocket back = await _site.ResumeAsync(alice, token);
        await alice.EndedAsync();
        await back.SendAsync("reconnect", new { channelID = _site.Channel, originalConnID = alice.Id, prevConnID = alice.Id });
        await back.SendAsync("unmute");

        WireFrame unmuted = await back.NextAsync("user_unmuted");
        Assert.Equal((alice.NextSeq, alice.Id), (unmuted.Seq, unmuted.Text("session_id")));
    }

    private Task InactiveAsync(string connection) =>
        Poll.UntilAsync(() => _site.Mattermost.Connections.Any(known => known.Id == connection && !known.IsActive));
}
