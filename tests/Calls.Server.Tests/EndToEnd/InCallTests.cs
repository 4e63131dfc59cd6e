using System.Text;
using System.Text.Json;
using Calls.Server.Tests.EndToEnd.Testing;
using Calls.Server.Tests.Mattermost.Testing;

namespace Calls.Server.Tests.EndToEnd;

/// <summary>What participants do, with the real media server behind it.</summary>
public sealed class InCallTests : IAsyncLifetime
{
    // Recorded from Chromium.
    private const string Candidate =
        """{"candidate":"candidate:369478689 1 udp 2122260223 192.0.2.2 34019 typ host generation 0 ufrag IhP3 network-id 1","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"IhP3"}""";

    private CallsSite _site = null!;

    public async Task InitializeAsync() => _site = await CallsSite.StartAsync();

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    [Trait("Spec", "signaling-32")]
    [Trait("Spec", "signaling-35")]
    public async Task A_browsers_offer_is_answered_on_its_connection_only_and_candidates_follow()
    {
        ClientSocket main = await _site.OpenAsync("alice");
        ClientSocket alice = await _site.JoinAsync("alice");
        ClientSocket bob = await _site.JoinAsync("bob");

        await alice.SendPackedAsync("sdp", Offer.AsData(Offer.FirstOfChromium()));
        WireFrame answer = await alice.NextAsync("signal");
        WireFrame candidate = await alice.NextAsync("signal");
        await _site.SettleAsync(alice, main, bob);

        Assert.Equal((alice.Id, alice.Id), (answer.Text("connID"), answer.Broadcast("connection_id")));
        Assert.Equal("answer", answer.Signal().GetProperty("type").GetString());
        string[] lines = answer.Signal().GetProperty("sdp").GetString()!.Split("\r\n");
        Assert.Equal("v=0", lines[0]);
        Assert.Contains("m=application 9 UDP/DTLS/SCTP webrtc-datachannel", lines);
        Assert.Contains("a=ice-lite", lines);
        Assert.Contains("a=setup:passive", lines);
        Assert.Contains(lines, line => line.StartsWith("a=candidate:", StringComparison.Ordinal) && line.Contains($" 127.0.0.1 {_site.Sidecar.MediaPort} typ host", StringComparison.Ordinal));

        Assert.Equal(alice.Id, candidate.Text("connID"));
        Assert.Equal("candidate", candidate.Signal().GetProperty("type").GetString());
        JsonElement inner = candidate.Signal().GetProperty("candidate");
        string text = inner.GetProperty("candidate").GetString()!;
        Assert.StartsWith("candidate:", text, StringComparison.Ordinal);
        Assert.Contains($" 127.0.0.1 {_site.Sidecar.MediaPort} typ host", text, StringComparison.Ordinal);
        Assert.Equal(0, inner.GetProperty("sdpMLineIndex").GetInt32());
        Assert.True(inner.TryGetProperty("sdpMid", out _) && inner.TryGetProperty("usernameFragment", out _));

        Assert.DoesNotContain("signal", main.Names.Concat(bob.Names));
    }

    [Fact]
    [Trait("Spec", "signaling-33")]
    [Trait("Spec", "signaling-34")]
    public async Task A_description_in_text_or_one_that_inflates_too_far_is_dropped()
    {
        ClientSocket alice = await _site.JoinAsync("alice");

        await alice.SendAsync("sdp", new { data = Encoding.UTF8.GetString(Offer.FirstOfChromium()) });
        await alice.SendAsync("sdp", new { data = Convert.ToBase64String(Offer.Deflate(Offer.FirstOfChromium())) });
        await alice.SendPackedAsync("sdp", new Dictionary<string, object?> { ["data"] = Encoding.UTF8.GetString(Offer.FirstOfChromium()) });
        await alice.SendPackedAsync("sdp", Offer.AsData(Encoding.UTF8.GetBytes(new string(' ', 70_000 - 4) + "null")));
        await _site.SettleAsync(alice);
        Assert.Empty(alice.Frames);

        // None of them reached the media server, for which a bad first offer is the end.
        await alice.SendPackedAsync("sdp", Offer.AsData(Offer.FirstOfChromium()));
        Assert.Equal("answer", (await alice.NextAsync("signal")).Signal().GetProperty("type").GetString());
    }

    [Fact]
    [Trait("Spec", "signaling-36")]
    public async Task Candidates_of_browsers_and_of_the_Go_client_reach_the_media_server()
    {
        ClientSocket alice = await _site.JoinAsync("alice");
        await alice.SendPackedAsync("sdp", Offer.AsData(Offer.FirstOfChromium()));

        await alice.SendAsync("ice", new { data = Candidate });
        await alice.SendPackedAsync("ice", new Dictionary<string, object?> { ["data"] = Candidate });
        await Poll.UntilAsync(() => _site.Sidecar.Media.SignalingCounts(alice.Id).Candidates == 2);
        Assert.Equal(0, _site.Sidecar.Media.SignalingCounts(alice.Id).Refused);

        // One that cannot be read is counted as such: the two were looked at.
        await alice.SendAsync("ice", new { data = """{"candidate":"nonsense"}""" });
        await Poll.UntilAsync(() => _site.Sidecar.Media.SignalingCounts(alice.Id).Refused == 1);
        Assert.DoesNotContain("error", alice.Names);
    }

    [Fact]
    [Trait("Spec", "signaling-37")]
    public async Task Unmuting_is_told_to_every_socket_of_the_participants_and_kept()
    {
        ClientSocket outside = await _site.OpenAsync("carol");
        ClientSocket bobsMain = await _site.OpenAsync("bob");
        ClientSocket alice = await _site.JoinAsync("alice");
        ClientSocket bob = await _site.JoinAsync("bob");

        await alice.SendAsync("unmute");

        foreach (ClientSocket socket in (ClientSocket[])[alice, bob, bobsMain])
        {
            WireFrame unmuted = await socket.NextAsync("user_unmuted");
            Assert.Equal((_site.IdOf("alice"), alice.Id, _site.Channel), (unmuted.Text("userID"), unmuted.Text("session_id"), unmuted.Broadcast("channel_id")));
        }

        JsonElement state = (await _site.StateAsync(bob)).State();
        Assert.True(SessionOf(state, alice).GetProperty("unmuted").GetBoolean());
        Assert.False(SessionOf(state, bob).GetProperty("unmuted").GetBoolean());

        // What comes after it reaches the outsider; it did not.
        await bob.SendAsync("leave");
        await outside.NextAsync("user_left");
        Assert.DoesNotContain("user_unmuted", outside.Names);
    }

    [Fact]
    [Trait("Spec", "signaling-38")]
    public async Task A_raised_hand_has_one_time_everywhere()
    {
        ClientSocket alice = await _site.JoinAsync("alice");
        ClientSocket bob = await _site.JoinAsync("bob");

        await alice.SendAsync("raise_hand");
        long raised = (await bob.NextAsync("user_raise_hand")).Data.GetProperty("raised_hand").GetInt64();
        Assert.InRange(raised, _site.Time.GetUtcNow().ToUnixTimeMilliseconds() - 2000, _site.Time.GetUtcNow().ToUnixTimeMilliseconds());
        Assert.Equal(raised, SessionOf((await _site.StateAsync(bob)).State(), alice).GetProperty("raised_hand").GetInt64());

        await alice.SendAsync("unraise_hand");
        Assert.Equal(0, (await bob.NextAsync("user_unraise_hand")).Data.GetProperty("raised_hand").GetInt64());
        Assert.Equal(0, SessionOf((await _site.StateAsync(bob)).State(), alice).GetProperty("raised_hand").GetInt64());
    }

    [Fact]
    [Trait("Spec", "signaling-39")]
    public async Task A_reaction_has_every_part_of_its_emoji()
    {
        ClientSocket alice = await _site.JoinAsync("alice");
        ClientSocket bob = await _site.JoinAsync("bob");

        await alice.SendAsync("react", new { data = """{"name":"+1","unified":"1F44D"}""" });

        JsonElement emoji = (await bob.NextAsync("user_reacted")).Data.GetProperty("emoji");
        Assert.Equal("", emoji.GetProperty("skin").GetString());
        Assert.Equal("+1", emoji.GetProperty("name").GetString());
    }

    [Fact]
    [Trait("Spec", "signaling-45")]
    public async Task Unknown_actions_and_actions_without_a_session_do_nothing()
    {
        ClientSocket alice = await _site.JoinAsync("alice");
        ClientSocket main = await _site.OpenAsync("alice");

        foreach (string action in (string[])["voice_on", "foo", "", "unmute", "raise_hand", "sdp", "screen_on"])
        {
            await main.SendAsync(action);
        }

        await alice.SendAsync("foo");
        await alice.SendAsync("voice_on");
        await _site.SettleAsync(main, alice);
        await alice.SendAsync("raise_hand");

        await main.NextAsync("user_raise_hand");
        await alice.NextAsync("user_raise_hand");
        Assert.Empty(main.Frames);
        Assert.Empty(alice.Frames);
    }

    private static JsonElement SessionOf(JsonElement state, ClientSocket socket) =>
        state.GetProperty("sessions").EnumerateArray().Single(session => session.GetProperty("session_id").GetString() == socket.Id);
}
