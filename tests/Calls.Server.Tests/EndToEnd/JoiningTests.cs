using System.Text.Json;
using Calls.Server.Tests.EndToEnd.Testing;
using Calls.Server.Tests.Mattermost.Testing;

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
}
