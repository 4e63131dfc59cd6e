using System.Text.Json;
using Calls.Server.Tests.EndToEnd.Testing;
using Calls.Server.Tests.Mattermost.Testing;
using Calls.StandIn;

namespace Calls.Server.Tests.EndToEnd;

/// <summary>The service goes away without a farewell and comes back on the same database (modes.md 12, 17.3).</summary>
public sealed class RestartTests : IAsyncLifetime
{
    private CallsSite _site = null!;

    public async Task InitializeAsync() => _site = await CallsSite.StartAsync();

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    public async Task A_call_is_kept_for_a_minute_and_joined_again_under_its_id()
    {
        (WireFrame start, string token, ClientSocket alice, ClientSocket bob) = await LeaveRunningAsync();
        await _site.StartSidecarAsync();
        ClientSocket outside = await _site.OpenAsync("dave");

        await _site.PassAsync(59);
        ClientSocket again = await _site.OpenWithAsync(token);
        await again.SendAsync("join", new { channelID = _site.Channel });
        JsonElement state = (await again.NextAsync("call_state")).State();

        Assert.Equal((start.Text("id"), start.Text("post_id")), (state.GetProperty("id").GetString()!, state.GetProperty("post_id").GetString()!));
        Assert.Equal(bob.Id, (await outside.NextAsync("user_left")).Text("session_id"));
        Assert.Equal(again.Id, (await outside.NextAsync("user_joined")).Text("session_id"));
        Assert.DoesNotContain("call_start", again.Names);

        await _site.PassAsync(2);
        Assert.Equal(alice.Id, (await outside.NextAsync("user_left")).Text("session_id"));
        Assert.Equal([again.Id], CallRows.Read(_site.DatabaseFile).Sessions);
        Assert.False(Props(start).TryGetProperty("end_at", out _));

        await again.SendAsync("leave");
        await Poll.UntilAsync(() => Props(start).TryGetProperty("end_at", out _));
        CallRows.Read(_site.DatabaseFile).CheckNothingIsLeft();
    }

    [Fact]
    public async Task Nobody_comes_back_and_the_call_ends_after_a_minute()
    {
        (WireFrame start, _, ClientSocket alice, ClientSocket bob) = await LeaveRunningAsync();
        await _site.StartSidecarAsync();
        ClientSocket outside = await _site.OpenAsync("dave");

        await _site.PassAsync(59);
        await _site.SettleAsync(outside);
        Assert.Empty(outside.Names);
        Assert.Equal([start.Text("id")], CallRows.Read(_site.DatabaseFile).Active);

        await _site.PassAsync(1);
        string[] left = [(await outside.NextAsync("user_left")).Text("session_id"), (await outside.NextAsync("user_left")).Text("session_id")];
        Assert.Equal(new[] { alice.Id, bob.Id }.Order(), left.Order());
        await Poll.UntilAsync(() => Props(start).TryGetProperty("end_at", out _));
        CallRows.Read(_site.DatabaseFile).CheckNothingIsLeft();
    }

    [Fact]
    public async Task A_service_that_is_told_so_ends_its_calls_when_it_starts()
    {
        (WireFrame start, string token, _, _) = await LeaveRunningAsync();

        await _site.StartSidecarAsync(endCallsOnStart: true);

        CallRows.Read(_site.DatabaseFile).CheckNothingIsLeft();
        await Poll.UntilAsync(() => Props(start).TryGetProperty("end_at", out _));
        Assert.Equal("Call ended", _site.Mattermost.GetPost(start.Text("post_id"))!.Value.GetProperty("message").GetString());
        ClientSocket again = await _site.OpenWithAsync(token);
        await again.SendAsync("join", new { channelID = _site.Channel });
        Assert.NotEqual(start.Text("id"), (await again.NextAsync("call_start")).Text("id"));
    }

    [Fact]
    public async Task A_client_that_comes_back_for_its_session_can_leave_it()
    {
        (WireFrame start, string token, _, ClientSocket bob) = await LeaveRunningAsync();
        await _site.StartSidecarAsync();

        // As the web client: under its old connection id, and before it is greeted.
        ClientSocket back = _site.Own(await ClientSocket.OpenAsync(_site.Url, token, $"connection_id={bob.Id}&sequence_number={bob.NextSeq}"));
        await back.SendAsync("reconnect", new { channelID = _site.Channel, originalConnID = bob.Id, prevConnID = bob.Id });
        await back.SendAsync("leave");
        await back.GreetedAsync();

        Assert.Equal(bob.Id, (await back.NextAsync("user_left")).Text("session_id"));
        Assert.DoesNotContain("error", back.Names);
        Assert.Equal([start.Text("id")], CallRows.Read(_site.DatabaseFile).Active);
    }

    [Fact]
    public async Task A_call_that_never_began_is_forgotten()
    {
        // Mattermost keeps the post back: the call is on record, but nobody knows of it.
        _site.Mattermost.Faults.Add(new EndpointFault { Method = "POST", PathPrefix = "/api/v4/posts", Latency = TimeSpan.FromHours(1) });
        ClientSocket alice = await _site.OpenAsync("alice");
        await alice.SendAsync("join", new { channelID = _site.Channel });
        await Poll.UntilAsync(() => CallRows.Read(_site.DatabaseFile).Sessions.Count == 1);
        string begun = CallRows.Read(_site.DatabaseFile).Active.Single();
        await _site.StopSidecarAsync();
        _site.Mattermost.Faults.Clear();

        await _site.StartSidecarAsync();

        CallRows.Read(_site.DatabaseFile).CheckNothingIsLeft();
        ClientSocket again = await _site.OpenAsync("alice");
        await again.SendAsync("join", new { channelID = _site.Channel });
        Assert.NotEqual(begun, (await again.NextAsync("call_start")).Text("id"));
        Assert.DoesNotContain("error", alice.Names);
    }

    [Fact]
    public async Task The_post_of_a_call_that_never_began_shows_its_end()
    {
        // Mattermost makes the post, but its answer does not arrive before the end.
        _site.Mattermost.Faults.Add(new EndpointFault { Method = "POST", PathPrefix = "/api/v4/posts", ErrorRate = 1, AfterHandling = true });
        ClientSocket alice = await _site.OpenAsync("alice");
        await alice.SendAsync("join", new { channelID = _site.Channel });
        JsonElement[] posts = [];
        await Poll.UntilAsync(() => (posts = [.. _site.Mattermost.PostsIn(_site.Channel)]).Length == 1);
        await _site.StopSidecarAsync();
        _site.Mattermost.Faults.Clear();

        await _site.StartSidecarAsync();

        string post = posts[0].GetProperty("id").GetString()!;
        await Poll.UntilAsync(() => _site.Mattermost.GetPost(post)!.Value.GetProperty("props").TryGetProperty("end_at", out _));
        Assert.Equal("Call ended", _site.Mattermost.GetPost(post)!.Value.GetProperty("message").GetString());
        CallRows.Read(_site.DatabaseFile).CheckNothingIsLeft();
    }

    [Fact]
    public async Task A_post_that_could_not_be_closed_before_is_closed_after_the_start()
    {
        ClientSocket alice = await _site.OpenAsync("alice");
        await alice.SendAsync("join", new { channelID = _site.Channel });
        WireFrame start = await alice.NextAsync("call_start");
        await alice.NextAsync("call_state");
        _site.Mattermost.Faults.Add(new EndpointFault { PathPrefix = $"/api/v4/posts/{start.Text("post_id")}", Latency = TimeSpan.FromHours(1) });
        await alice.SendAsync("leave");
        await alice.NextAsync("user_left");
        await _site.StopSidecarAsync();
        _site.Mattermost.Faults.Clear();
        Assert.False(Props(start).TryGetProperty("end_at", out _));

        await _site.StartSidecarAsync();

        await Poll.UntilAsync(() => Props(start).TryGetProperty("end_at", out _));
        CallRows.Read(_site.DatabaseFile).CheckNothingIsLeft();
    }

    /// <summary>Alice and Bob are in a call when the service dies.</summary>
    private async Task<(WireFrame Start, string BobsToken, ClientSocket Alice, ClientSocket Bob)> LeaveRunningAsync()
    {
        ClientSocket alice = await _site.OpenAsync("alice");
        await alice.SendAsync("join", new { channelID = _site.Channel });
        WireFrame start = await alice.NextAsync("call_start");
        await alice.NextAsync("call_state");
        string token = _site.LogIn("bob");
        ClientSocket bob = await _site.JoinWithAsync(token);
        await _site.StopSidecarAsync();
        await alice.EndedAsync();
        await bob.EndedAsync();
        return (start, token, alice, bob);
    }

    private JsonElement Props(WireFrame start) => _site.Mattermost.GetPost(start.Text("post_id"))!.Value.GetProperty("props");
}
