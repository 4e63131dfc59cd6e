using System.Text.Json;
using Calls.Server.Tests.EndToEnd.Testing;

namespace Calls.Server.Tests.EndToEnd;

/// <summary>Joins as clients and Mattermost see them.</summary>
public sealed class JoiningTests : IAsyncLifetime
{
    private CallsSite _site = null!;

    public async Task InitializeAsync() => _site = await CallsSite.StartAsync();

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    [Trait("Spec", "signaling-17")]
    public async Task The_first_join_starts_the_call_in_order_and_posts_it()
    {
        ClientSocket alice = await _site.OpenAsync("alice");

        await alice.SendAsync("join", new { channelID = _site.Channel, title = "Stand-up" });
        WireFrame state = await alice.NextAsync("call_state");

        Assert.Equal(["call_host_changed", "call_start", "join", "user_joined"], alice.Names);
        Assert.Equal(alice.Id, (await alice.NextAsync("join")).Text("connID"));
        WireFrame start = await alice.NextAsync("call_start");
        JsonElement post = _site.Mattermost.GetPost(start.Text("post_id"))!.Value;
        Assert.Equal("custom_calls", post.GetProperty("type").GetString());
        Assert.Equal(_site.IdOf("alice"), post.GetProperty("user_id").GetString());
        Assert.Equal("Stand-up", post.GetProperty("props").GetProperty("title").GetString());
        Assert.Equal(start.Text("id"), state.State().GetProperty("id").GetString());
        Assert.Equal(alice.Id, state.State().GetProperty("sessions").EnumerateArray().Single().GetProperty("session_id").GetString());
    }

    [Fact]
    [Trait("Spec", "signaling-18")]
    public async Task Members_outside_the_call_hear_of_its_start_and_of_joins_only()
    {
        ClientSocket outside = await _site.OpenAsync("bob");

        ClientSocket alice = await _site.OpenAsync("alice");
        await alice.SendAsync("join", new { channelID = _site.Channel });
        WireFrame joined = await outside.NextAsync("user_joined");
        WireFrame start = await outside.NextAsync("call_start");
        await alice.NextAsync("call_state");
        await _site.SettleAsync(alice, outside);

        Assert.True(start.Seq < joined.Seq);
        Assert.All([start, joined], frame => Assert.Equal((_site.Channel, _site.Channel), (frame.Broadcast("channel_id"), frame.Text("channelID"))));
        Assert.Empty(outside.Names);
    }

    [Fact]
    [Trait("Spec", "signaling-19")]
    public async Task A_later_join_reaches_both_sockets_of_those_in_the_call()
    {
        ClientSocket main = await _site.OpenAsync("alice");
        ClientSocket alice = await _site.JoinAsync("alice");
        await main.NextAsync("call_start");
        await main.NextAsync("user_joined");

        ClientSocket bob = await _site.OpenAsync("bob");
        await bob.SendAsync("join", new { channelID = _site.Channel });
        await bob.NextAsync("join");

        foreach (ClientSocket socket in (ClientSocket[])[alice, main])
        {
            WireFrame joined = await socket.NextAsync("user_joined");
            Assert.Equal((_site.IdOf("bob"), bob.Id), (joined.Text("user_id"), joined.Text("session_id")));
            Assert.DoesNotContain("call_start", socket.Names);
        }

        await bob.NextAsync("call_state");
        Assert.DoesNotContain("call_start", bob.Names);
    }

    [Fact]
    [Trait("Spec", "signaling-20")]
    public async Task Without_the_right_to_post_one_error_goes_to_that_connection()
    {
        _site.Mattermost.SetRolePermissions(
            "channel_user", [.. _site.Mattermost.GetRolePermissions("channel_user").Where(static permission => permission != "create_post")]);
        ClientSocket main = await _site.OpenAsync("alice");
        ClientSocket alice = await _site.OpenAsync("alice");

        await alice.SendAsync("join", new { channelID = _site.Channel });
        WireFrame error = await alice.NextAsync("error");
        await _site.SettleAsync(alice, main);

        Assert.Equal(("forbidden", alice.Id), (error.Text("data"), error.Text("connID")));
        Assert.Equal((alice.Id, "", ""), (error.Broadcast("connection_id"), error.Broadcast("channel_id"), error.Broadcast("user_id")));
        Assert.Empty(alice.Names);
        Assert.Empty(main.Names);
        Assert.DoesNotContain(_site.Mattermost.PostsIn(_site.Channel), static post => post.GetProperty("type").GetString() == "custom_calls");
    }

    [Fact]
    [Trait("Spec", "signaling-21")]
    public async Task Archived_channels_have_no_calls()
    {
        string channel = _site.Mattermost.AddChannel("old", "O", _site.IdOf("alice"));
        _site.Mattermost.ArchiveChannel(channel);
        ClientSocket alice = await _site.OpenAsync("alice");

        await alice.SendAsync("join", new { channelID = channel });

        Assert.Equal("cannot join call in archived channel", (await alice.NextAsync("error")).Text("data"));
    }

    [Fact]
    [Trait("Spec", "signaling-26")]
    public async Task A_second_join_on_a_connection_is_refused_and_the_session_goes_on()
    {
        ClientSocket alice = await _site.JoinAsync("alice");

        await alice.SendAsync("join", new { channelID = _site.Channel });
        Assert.Equal("session is already connected", (await alice.NextAsync("error")).Text("data"));
        await alice.SendAsync("unmute");

        Assert.Equal(alice.Id, (await alice.NextAsync("user_unmuted")).Text("session_id"));
        Assert.Empty(alice.Names);
    }

    [Fact]
    [Trait("Spec", "signaling-27")]
    public async Task A_join_without_a_channel_is_dropped()
    {
        ClientSocket alice = await _site.OpenAsync("alice");

        await alice.SendAsync("join");
        await alice.SendAsync("join", new { channelID = 7 });
        await _site.SettleAsync(alice);

        Assert.Empty(alice.Frames);
    }

    [Fact]
    public async Task Members_who_join_at_once_are_all_answered()
    {
        string[] users = ["alice", "bob", "carol", "dave", "sysadmin"];
        var sockets = new List<ClientSocket>();
        foreach (string user in users)
        {
            sockets.Add(await _site.OpenAsync(user));
        }

        await Task.WhenAll(sockets.Select(socket => socket.SendAsync("join", new { channelID = _site.Channel })));
        foreach (ClientSocket socket in sockets)
        {
            Assert.Equal(socket.Id, (await socket.NextAsync("join")).Text("connID"));
        }

        await sockets[0].NextAsync("call_state");
        JsonElement state = (await _site.StateAsync(sockets[0])).State();
        Assert.Equal(sockets.Select(static socket => socket.Id).Order(), state.GetProperty("sessions").EnumerateArray().Select(static session => session.GetProperty("session_id").GetString()!).Order());
        Assert.Single(_site.Mattermost.PostsIn(_site.Channel), static post => post.GetProperty("type").GetString() == "custom_calls");
    }
}
