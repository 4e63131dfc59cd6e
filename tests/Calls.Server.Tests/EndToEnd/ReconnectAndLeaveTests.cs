using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Sessions;
using Calls.Rtc.Client;
using Calls.Server.Tests.EndToEnd.Testing;
using Calls.Server.Tests.Mattermost.Testing;

namespace Calls.Server.Tests.EndToEnd;

/// <summary>Sockets that are lost and found, media that dies, and the ends of sessions and calls.</summary>
public sealed class ReconnectAndLeaveTests : IAsyncLifetime
{
    private CallsSite _site = null!;

    public async Task InitializeAsync() => _site = await CallsSite.StartAsync();

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    [Trait("Spec", "signaling-49")]
    [Trait("Spec", "signaling-50")]
    public async Task A_short_outage_is_seen_by_nobody_and_signals_follow_the_client()
    {
        string token = _site.LogIn("alice");
        ClientSocket alice = await _site.JoinWithAsync(token);
        ClientSocket bob = await _site.JoinAsync("bob");

        alice.Cut();
        await _site.NoticedAsync(alice.Id);
        await _site.PassAsync(3);

        // Once as the Go client, under a new id; once more as the web client, under the id it had.
        ClientSocket fresh = await _site.OpenWithAsync(token);
        await ReconnectAsync(fresh, alice.Id, alice.Id);
        await fresh.SendPackedAsync("sdp", Offer.AsData(Offer.FirstOfChromium()));
        WireFrame answer = await fresh.NextAsync("signal");
        Assert.NotEqual(alice.Id, fresh.Id);
        Assert.Equal((alice.Id, "answer"), (answer.Text("connID"), answer.Signal().GetProperty("type").GetString()));

        fresh.Cut();
        await _site.NoticedAsync(alice.Id);
        ClientSocket same = await _site.ResumeAsync(fresh, token);
        await ReconnectAsync(same, alice.Id, fresh.Id);
        await _site.SettleAsync(same, bob);
        Assert.Empty(bob.Names);

        await same.SendAsync("unmute");
        Assert.Equal(alice.Id, (await bob.NextAsync("user_unmuted")).Text("session_id"));
        Assert.Equal(alice.Id, (await same.NextAsync("user_unmuted")).Text("session_id"));
        Assert.DoesNotContain("join", same.Names);
    }

    [Fact]
    [Trait("Spec", "signaling-51")]
    public async Task A_lost_socket_ends_the_session_after_10_s_without_media_and_after_35_s_with_it()
    {
        ClientSocket outside = await _site.OpenAsync("dave");
        ClientSocket alice = await _site.JoinAsync("alice");
        MediaClient silent = await MediaClient.ConnectAsync(_site, alice);
        ClientSocket bob = await _site.JoinAsync("bob");
        MediaClient talking = await MediaClient.ConnectAsync(_site, bob);
        ClientSocket carol = await _site.JoinAsync("carol");
        MediaClient staying = await MediaClient.ConnectAsync(_site, carol);
        await outside.SyncAsync();
        outside.TakeAll();

        alice.Cut();
        bob.Cut();
        carol.Cut();
        await _site.NoticedAsync(alice.Id);
        await _site.NoticedAsync(bob.Id);
        await _site.NoticedAsync(carol.Id);

        await _site.PassAsync(9, talking, staying);
        await _site.SettleAsync(outside);
        Assert.Empty(outside.Names);

        Task[] longGraces = [_site.Time.WhenTimerIsSetAsync(SessionLifecycle.LongGrace - SessionLifecycle.ShortGrace), _site.Time.WhenTimerIsSetAsync(SessionLifecycle.LongGrace - SessionLifecycle.ShortGrace)];
        await _site.PassAsync(1, talking, staying);
        Assert.Equal(alice.Id, (await outside.NextAsync("user_left")).Text("session_id"));
        await Task.WhenAll(longGraces).WaitAsync(Limits.Test);
        await _site.SettleAsync(outside);

        await _site.PassAsync(15, talking, staying);
        ClientSocket back = await _site.OpenAsync("carol");
        await ReconnectAsync(back, carol.Id, carol.Id);
        await _site.SettleAsync(back, outside);
        Assert.DoesNotContain("error", back.Names);

        await _site.PassAsync(9, talking, staying);
        await _site.SettleAsync(outside);
        Assert.Empty(outside.Names);

        await _site.PassAsync(2, staying);
        Assert.Equal(bob.Id, (await outside.NextAsync("user_left")).Text("session_id"));

        await _site.PassAsync(40, staying);
        await _site.SettleAsync(back, outside);
        Assert.Empty(outside.Names);
        Assert.Equal([carol.Id], await SessionsAsync(back));
        Assert.Equal((RtcClientState.Closed, RtcClientState.Open), (silent.State, staying.State));
    }

    [Fact]
    [Trait("Spec", "signaling-52")]
    public async Task A_reconnect_after_the_end_of_the_session_is_answered_with_one_error()
    {
        ClientSocket alice = await _site.JoinAsync("alice");
        ClientSocket bob = await _site.JoinAsync("bob");
        await alice.SendAsync("leave");
        await bob.NextAsync("user_left");
        await bob.NextAsync("call_host_changed");
        ClientSocket main = await _site.OpenAsync("alice");
        CallState before = (await _site.StoredCallAsync())!;

        ClientSocket back = await _site.OpenAsync("alice");
        await ReconnectAsync(back, alice.Id, alice.Id);
        WireFrame error = await back.NextAsync("error");
        await _site.SettleAsync(back, main, bob);

        Assert.Equal(("session not found in call state", alice.Id, back.Id), (error.Text("data"), error.Text("connID"), error.Broadcast("connection_id")));
        Assert.Empty(back.Names.Concat(main.Names).Concat(bob.Names));
        Assert.Equal(before.EventNumber, (await _site.StoredCallAsync())!.EventNumber);
        Assert.Equal([bob.Id], await SessionsAsync(bob));
    }

    [Fact]
    [Trait("Spec", "signaling-53")]
    public async Task Nobody_takes_over_the_session_of_another_user()
    {
        ClientSocket alice = await _site.JoinAsync("alice");
        ClientSocket bob = await _site.OpenAsync("bob");

        await ReconnectAsync(bob, alice.Id, alice.Id);
        Assert.Equal("session not found in call state", (await bob.NextAsync("error")).Text("data"));
        await bob.SendAsync("unmute");
        await _site.SettleAsync(bob, alice);

        Assert.Empty(alice.Names);
        await alice.SendAsync("unmute");
        Assert.Equal(alice.Id, (await alice.NextAsync("user_unmuted")).Text("session_id"));
        Assert.Equal(_site.IdOf("alice"), (await _site.StoredCallAsync())!.Sessions[new SessionId(alice.Id)].User.Value);
    }

    [Fact]
    [Trait("Spec", "signaling-54")]
    public async Task A_leave_right_after_a_reconnect_finds_its_session()
    {
        string token = _site.LogIn("alice");
        ClientSocket alice = await _site.JoinWithAsync(token);
        ClientSocket bob = await _site.JoinAsync("bob");
        alice.Cut();

        // No time passes: nothing but the order makes it work.
        ClientSocket back = await _site.OpenWithAsync(token);
        await ReconnectAsync(back, alice.Id, alice.Id);
        await back.SendAsync("leave");

        Assert.Equal(alice.Id, (await bob.NextAsync("user_left")).Text("session_id"));
        Assert.Equal([bob.Id], await SessionsAsync(bob));
    }

    [Fact]
    [Trait("Spec", "signaling-55")]
    public async Task Leaving_does_not_wait_for_the_socket()
    {
        ClientSocket alice = await _site.JoinAsync("alice");
        ClientSocket bob = await _site.JoinAsync("bob");

        await alice.SendAsync("leave");

        WireFrame left = await bob.NextAsync("user_left");
        Assert.Equal((_site.IdOf("alice"), alice.Id), (left.Text("user_id"), left.Text("session_id")));
        Assert.False(alice.IsOver);
        await Poll.UntilAsync(() => _site.Sidecar.Media.SilentFor(alice.Id) is null);
    }

    [Fact]
    [Trait("Spec", "signaling-56")]
    public async Task Media_that_ends_ends_the_session_once_though_its_socket_is_healthy()
    {
        ClientSocket alice = await _site.JoinAsync("alice");
        MediaClient media = await MediaClient.ConnectAsync(_site, alice);
        ClientSocket bob = await _site.JoinAsync("bob");

        media.Close();
        Assert.Equal(alice.Id, (await bob.NextAsync("user_left")).Text("session_id"));
        await alice.SendAsync("leave");
        alice.Cut();
        await _site.PassAsync(9);
        await _site.SettleAsync(bob);

        Assert.DoesNotContain("user_left", bob.Names);
        Assert.Equal([bob.Id], await SessionsAsync(bob));
    }

    [Fact]
    public async Task A_client_that_never_offers_is_out_after_10_s()
    {
        ClientSocket outside = await _site.OpenAsync("bob");
        ClientSocket alice = await _site.JoinAsync("alice");

        await _site.PassAsync(9);
        await _site.SettleAsync(alice);
        Assert.DoesNotContain("user_left", outside.Names);
        await _site.PassAsync(1);

        Assert.Equal(alice.Id, (await outside.NextAsync("user_left")).Text("session_id"));
    }

    [Fact]
    [Trait("Spec", "signaling-57")]
    public async Task One_of_two_sessions_leaves_and_the_host_stays()
    {
        ClientSocket first = await _site.JoinAsync("alice");
        ClientSocket second = await _site.JoinAsync("alice");
        ClientSocket bob = await _site.JoinAsync("bob");

        await first.SendAsync("leave");

        Assert.Equal(first.Id, (await bob.NextAsync("user_left")).Text("session_id"));
        WireFrame state = await _site.StateAsync(bob);
        Assert.Equal(_site.IdOf("alice"), state.State().GetProperty("host_id").GetString());
        Assert.Equal(new[] { second.Id, bob.Id }.Order(), (await SessionsAsync(bob)).Order());
        Assert.Empty(bob.Names);
    }

    [Fact]
    [Trait("Spec", "signaling-58")]
    public async Task The_last_to_leave_ends_the_call_without_a_word_and_the_post_shows_it()
    {
        ClientSocket outside = await _site.OpenAsync("carol");
        ClientSocket alice = await _site.JoinAsync("alice");
        ClientSocket bob = await _site.JoinAsync("bob");
        WireFrame start = await outside.NextAsync("call_start");
        await alice.SendAsync("leave");
        await bob.SendAsync("leave");
        await outside.NextAsync("user_left");
        await outside.NextAsync("user_left");

        JsonElement props = default;
        await Poll.UntilAsync(() => (props = Props(start)).TryGetProperty("end_at", out _));
        Assert.Equal(_site.Time.GetUtcNow().ToUnixTimeMilliseconds(), props.GetProperty("end_at").GetInt64());
        Assert.Equal(
            new[] { _site.IdOf("alice"), _site.IdOf("bob") }.Order(),
            props.GetProperty("participants").EnumerateArray().Select(static user => user.GetString()!).Order());
        Assert.Null(await _site.StoredCallAsync());
        await _site.SettleAsync(outside);
        Assert.DoesNotContain("call_end", outside.Names);

        await alice.SendAsync("join", new { channelID = _site.Channel });
        WireFrame next = await outside.NextAsync("call_start");
        Assert.NotEqual(start.Text("id"), next.Text("id"));
        Assert.NotEqual(start.Text("post_id"), next.Text("post_id"));
    }

    [Fact]
    [Trait("Spec", "signaling-60")]
    public async Task The_earliest_to_join_follows_a_host_who_leaves()
    {
        ClientSocket alice = await _site.JoinAsync("alice");
        _site.Time.Advance(TimeSpan.FromMilliseconds(10));
        ClientSocket bob = await _site.JoinAsync("bob");
        _site.Time.Advance(TimeSpan.FromMilliseconds(10));
        ClientSocket carol = await _site.JoinAsync("carol");

        await alice.SendAsync("leave");
        WireFrame changed = await carol.NextAsync("call_host_changed");

        Assert.Equal(_site.IdOf("bob"), changed.Text("hostID"));
        Assert.True((await carol.NextAsync("user_left")).Seq < changed.Seq);
        Assert.NotEqual(bob.Id, carol.Id);
    }

    [Fact]
    [Trait("Spec", "signaling-68")]
    public async Task A_user_removed_from_the_channel_is_out_of_its_call_and_told_by_name()
    {
        ClientSocket main = await _site.OpenAsync("alice");
        ClientSocket alice = await _site.JoinAsync("alice");
        ClientSocket bob = await _site.JoinAsync("bob");

        _site.Mattermost.RemoveMember(_site.Channel, _site.IdOf("alice"), _site.IdOf("sysadmin"));

        foreach (ClientSocket socket in (ClientSocket[])[alice, main])
        {
            WireFrame left = await socket.NextAsync("user_left");
            Assert.Equal((alice.Id, _site.Channel, ""), (left.Text("session_id"), left.Text("channelID"), left.Broadcast("channel_id")));
        }

        Assert.Equal(alice.Id, (await bob.NextAsync("user_left")).Text("session_id"));
        await Poll.UntilAsync(() => _site.Sidecar.Media.SilentFor(alice.Id) is null);
        Assert.Equal([bob.Id], await SessionsAsync(bob));
        Assert.DoesNotContain("user_left", main.Names.Concat(alice.Names));
    }

    [Fact]
    [Trait("Spec", "signaling-69")]
    public async Task A_revoked_login_is_out_of_the_call_in_about_10_s()
    {
        string token = _site.LogIn("alice");
        ClientSocket alice = await _site.JoinWithAsync(token);
        MediaClient media = await MediaClient.ConnectAsync(_site, alice);
        ClientSocket bob = await _site.JoinAsync("bob");
        MediaClient other = await MediaClient.ConnectAsync(_site, bob);
        await _site.PassAsync(3, media, other);

        _site.Mattermost.RevokeSession(token);
        for (int second = 0; second < 12 && !bob.Names.Contains("user_left"); second++)
        {
            // A question to Mattermost may be under way.
            await _site.PassAsync(1, other);
            await bob.SyncAsync();
        }

        Assert.Equal(alice.Id, (await bob.NextAsync("user_left")).Text("session_id"));
        await alice.EndedAsync();
        await Poll.UntilAsync(() => _site.Sidecar.Media.SilentFor(alice.Id) is null);
        Assert.Equal([bob.Id], await SessionsAsync(bob));
    }

    private Task ReconnectAsync(ClientSocket socket, string session, string previous) =>
        socket.SendAsync("reconnect", new { channelID = _site.Channel, originalConnID = session, prevConnID = previous });

    private async Task<IReadOnlyList<string>> SessionsAsync(ClientSocket socket) =>
        [.. (await _site.StateAsync(socket)).State().GetProperty("sessions").EnumerateArray().Select(static session => session.GetProperty("session_id").GetString()!)];

    private JsonElement Props(WireFrame start) => _site.Mattermost.GetPost(start.Text("post_id"))!.Value.GetProperty("props");
}
