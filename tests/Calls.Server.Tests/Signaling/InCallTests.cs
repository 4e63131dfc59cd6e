using System.Text;
using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Configuration;
using Calls.Server.Observability.Metrics;
using Calls.Server.Signaling;

namespace Calls.Server.Tests.Signaling;

public sealed class InCallTests
{
    [Fact]
    public async Task A_description_is_inflated_and_handed_to_the_media_side()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");

        await alice.SendAsync("sdp", ("data", TestClient.Deflate("{\"type\":\"offer\",\"sdp\":\"v=0\"}")));

        Assert.Equal([(alice.Session, MediaMessage.Sdp, "{\"type\":\"offer\",\"sdp\":\"v=0\"}")], calls.Media.Sent);
    }

    [Fact]
    [Trait("Spec", "signaling-32")]
    public async Task An_answer_goes_to_that_connection_only_under_the_session_id()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");

        await alice.SendAsync("sdp", ("data", TestClient.Deflate("{\"type\":\"offer\",\"sdp\":\"v=0\"}")));
        calls.Get<IMediaEvents>().OnSignal(alice.Session, Encoding.UTF8.GetBytes("{\"type\":\"answer\",\"sdp\":\"v=0\\r\\n\"}"));

        WireEvent signal = alice.Single("signal");
        Assert.Equal(alice.Connection, signal.Target.Connection);
        Assert.Equal("a1", signal.Data.GetProperty("connID").GetString());
        using JsonDocument payload = JsonDocument.Parse(signal.Data.GetProperty("data").GetString()!);
        Assert.Equal("answer", payload.RootElement.GetProperty("type").GetString());
        Assert.Empty(bob.Events);
        Assert.Empty(calls.Client(CallsHarness.Alice, "main").Events);
    }

    [Fact]
    [Trait("Spec", "signaling-33")]
    public async Task A_description_that_is_not_binary_is_dropped()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");

        await alice.SendAsync("sdp", ("data", "eJyrViqpLEhVslLKT0tTqgUALYwE+A=="));

        Assert.Empty(calls.Media.Sent);
        Assert.Empty(calls.Delivery.All);
    }

    [Fact]
    [Trait("Spec", "signaling-34")]
    public async Task A_description_that_inflates_past_the_limit_is_dropped()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");

        await alice.SendAsync("sdp", ("data", TestClient.Deflate(new string('x', 70_000))));
        await alice.SendAsync("sdp", ("data", TestClient.Deflate(new string('x', Sdp.MaxInflatedBytes + 1))));
        Assert.Empty(calls.Media.Sent);

        await alice.SendAsync("sdp", ("data", TestClient.Deflate(new string('x', Sdp.MaxInflatedBytes))));
        Assert.Equal(Sdp.MaxInflatedBytes, Assert.Single(calls.Media.Sent).Data.Length);
    }

    [Fact]
    public void No_bytes_make_inflating_throw_or_grow()
    {
        const int seed = 20260101;
        Random random = new(seed);
        byte[] valid = TestClient.Deflate("{\"type\":\"offer\",\"sdp\":\"" + new string('a', 2000) + "\"}");
        for (int i = 0; i < 20_000; i++)
        {
            byte[] input = i % 2 == 0 ? new byte[random.Next(1, 200)] : [.. valid];
            if (i % 2 == 0)
            {
                random.NextBytes(input);
            }
            else
            {
                input[random.Next(input.Length)] ^= (byte)(1 << random.Next(8));
                input = input[..random.Next(1, input.Length + 1)];
            }

            string? problem = Sdp.TryInflate(input, out byte[] inflated);
            Assert.True(problem is null || inflated.Length == 0, $"seed {seed}, input {i}");
            Assert.True(inflated.Length <= Sdp.MaxInflatedBytes, $"seed {seed}, input {i}");
        }
    }

    [Fact]
    public async Task A_candidate_of_the_server_arrives_nested()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        const string candidate =
            "{\"type\":\"candidate\",\"candidate\":{\"candidate\":\"candidate:1 1 udp 1 192.0.2.1 8443 typ host\",\"sdpMid\":\"0\",\"sdpMLineIndex\":0}}";

        calls.Get<IMediaEvents>().OnSignal(alice.Session, Encoding.UTF8.GetBytes(candidate));

        Assert.Equal(candidate, alice.Single("signal").Data.GetProperty("data").GetString());
    }

    [Fact]
    public async Task Candidates_reach_the_media_side_as_they_are()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");

        await alice.SendAsync("ice", ("data", "{\"candidate\":\"candidate:1\"}"));
        await alice.SendAsync("ice", ("data", 7L));

        Assert.Equal([(alice.Session, MediaMessage.Ice, "{\"candidate\":\"candidate:1\"}")], calls.Media.Sent);
    }

    [Fact]
    [Trait("Spec", "signaling-37")]
    public async Task Unmuting_is_told_to_every_socket_of_the_participants_and_kept()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        await calls.JoinedAsync(CallsHarness.Bob, "b1");

        await alice.SendAsync("unmute");

        foreach (TestClient socket in new[] { alice, calls.Client(CallsHarness.Bob, "b1"), calls.Client(CallsHarness.Bob, "main") })
        {
            WireEvent unmuted = socket.Single("user_unmuted");
            Assert.Equal("alice", unmuted.Data.GetProperty("userID").GetString());
            Assert.Equal("a1", unmuted.Data.GetProperty("session_id").GetString());
            Assert.Equal(socket.User, unmuted.Target.User);
            Assert.Equal(calls.Channel, unmuted.Target.Channel);
            Assert.Equal([calls.Host.BotUserId], unmuted.Target.OmitUsers);
        }

        Assert.Empty(calls.Client(CallsHarness.Carol, "main").Events);
        WireEvent botCopy = calls.Client(calls.Host.BotUserId, "bot").Single("user_unmuted");
        Assert.Null(botCopy.Target.Channel);
        Assert.Equal(calls.Channel.Value, botCopy.Data.GetProperty("channelID").GetString());

        JsonElement state = await alice.StateAsync();
        JsonElement session = state.GetProperty("sessions").EnumerateArray().Single(s => s.GetProperty("session_id").GetString() == "a1");
        Assert.True(session.GetProperty("unmuted").GetBoolean());
        Assert.Equal([MediaMessage.Unmute], calls.Media.Sent.Select(sent => sent.Message));
    }

    [Fact]
    [Trait("Spec", "signaling-38")]
    public async Task A_raised_hand_has_one_time_everywhere()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");

        await alice.SendAsync("raise_hand");

        long raisedAt = alice.Single("user_raise_hand").Data.GetProperty("raised_hand").GetInt64();
        Assert.Equal(calls.Time.GetUtcNow().ToUnixTimeMilliseconds(), raisedAt);
        Assert.Equal(raisedAt, (await alice.StateAsync()).GetProperty("sessions")[0].GetProperty("raised_hand").GetInt64());

        await alice.SendAsync("unraise_hand");
        Assert.Equal(0, alice.Single("user_unraise_hand").Data.GetProperty("raised_hand").GetInt64());
        Assert.Equal(0, (await alice.StateAsync()).GetProperty("sessions")[0].GetProperty("raised_hand").GetInt64());
    }

    [Fact]
    [Trait("Spec", "signaling-39")]
    public async Task A_reaction_has_every_part_of_its_emoji()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");

        await alice.SendAsync("react", ("data", "{\"name\":\"+1\",\"unified\":\"1F44D\",\"other\":5}"));
        await alice.SendAsync("react", ("data", "{\"name\":5}"));
        await alice.SendAsync("react", ("data", "not json"));

        WireEvent reacted = alice.Single("user_reacted");
        JsonElement emoji = reacted.Data.GetProperty("emoji");
        Assert.Equal("+1", emoji.GetProperty("name").GetString());
        Assert.Equal("", emoji.GetProperty("skin").GetString());
        Assert.Equal("", emoji.GetProperty("literal").GetString());
        Assert.True(reacted.IsDroppable);
    }

    [Fact]
    [Trait("Spec", "signaling-40")]
    public async Task The_first_to_share_keeps_sharing()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");
        await alice.SendAsync("screen_on", ("data", "{\"screenStreamID\":\"s\"}"));
        Assert.Equal(["user_screen_on"], bob.Names);
        calls.Delivery.Clear();

        await bob.SendAsync("screen_on", ("data", "{\"screenStreamID\":\"t\"}"));
        await bob.SendAsync("screen_off");

        Assert.Empty(calls.Delivery.All);
        Assert.Equal("a1", (await bob.StateAsync()).GetProperty("screen_sharing_session_id").GetString());
        Assert.Equal([(alice.Session, MediaMessage.ScreenOn, "{\"screenStreamID\":\"s\"}")], calls.Media.Sent);
    }

    [Fact]
    [Trait("Spec", "signaling-41")]
    public async Task Nobody_shares_where_sharing_is_not_allowed()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync(
            new CallsSettings { DefaultEnabled = true, AllowScreenSharing = false });
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");

        await alice.SendAsync("screen_on", ("data", "{\"screenStreamID\":\"s\"}"));

        Assert.Empty(calls.Delivery.All);
        Assert.Empty(calls.Media.Sent);
        Assert.Null((await calls.CallAsync())!.ScreenSharer);
    }

    [Fact]
    [Trait("Spec", "signaling-42")]
    public async Task A_sharer_who_leaves_stops_sharing_first()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");
        await alice.SendAsync("screen_on", ("data", "{\"screenStreamID\":\"s\"}"));
        calls.Delivery.Clear();

        await alice.SendAsync("leave");

        Assert.Equal(["user_screen_off", "user_left", "call_host_changed"], bob.Names);
        Assert.False(bob.Single("user_screen_off").Data.TryGetProperty("session_id", out _));
        Assert.False(bob.Single("user_screen_off").Data.TryGetProperty("userID", out _));
    }

    [Fact]
    [Trait("Spec", "signaling-43")]
    public async Task The_media_side_knows_a_stream_before_its_description()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");

        alice.Post("video_on", ("data", "{\"videoStreamID\":\"v\"}"));
        alice.Post("sdp", ("data", TestClient.Deflate("{}")));
        alice.Post("video_off");
        await calls.SettleAsync();

        Assert.Equal([MediaMessage.VideoOn, MediaMessage.Sdp, MediaMessage.VideoOff], calls.Media.Sent.Select(sent => sent.Message));
        Assert.Equal(["user_video_on", "user_video_off"], alice.Names);
    }

    [Fact]
    [Trait("Spec", "signaling-44")]
    public async Task A_flood_is_cut_to_the_rate()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");

        for (int i = 0; i < 130; i++)
        {
            await alice.SendAsync("ice", ("data", "{}"));
            calls.Time.Advance(TimeSpan.FromSeconds(1.0 / 130));
        }

        Assert.InRange(calls.Media.Sent.Count, 100, 111);
    }

    [Fact]
    public async Task Leaving_is_never_cut()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        for (int i = 0; i < 150; i++)
        {
            await alice.SendAsync("ice", ("data", "{}"));
        }

        await alice.SendAsync("leave");

        Assert.Null(await calls.CallAsync());
    }

    [Fact]
    [Trait("Spec", "signaling-45")]
    public async Task Unknown_actions_and_actions_without_a_session_do_nothing()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient stranger = calls.Client(CallsHarness.Bob, "b1");

        foreach (string action in new[] { "voice_on", "foo", "unmute", "raise_hand", "ping" })
        {
            await stranger.SendAsync(action);
            await calls.Client(CallsHarness.Alice, "main").SendAsync(action);
        }

        await calls.Client(CallsHarness.Alice, "a1").SendAsync("voice_on");
        await calls.Client(CallsHarness.Alice, "a1").SendAsync("foo");

        Assert.Empty(calls.Delivery.All);
        Assert.Empty(calls.Media.Sent);
    }

    [Fact]
    [Trait("Spec", "signaling-46")]
    public async Task The_state_goes_to_the_connection_that_asks_if_it_may_read()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = calls.Client(CallsHarness.Bob, "main");

        await bob.SendAsync("call_state", ("channelID", calls.Channel.Value));
        WireEvent state = Assert.Single(calls.Delivery.All);
        Assert.Equal(("call_state", bob.Connection), (state.Name, state.Target.Connection));
        Assert.Equal(calls.Channel.Value, state.Data.GetProperty("channel_id").GetString());
        calls.Delivery.Clear();

        calls.Host.Denied[(CallsHarness.Bob, ChannelPermission.ReadChannel)] = 0;
        await bob.SendAsync("call_state", ("channelID", calls.Channel.Value));
        await bob.SendAsync("call_state");
        Assert.Empty(calls.Delivery.All);
    }

    [Fact]
    [Trait("Spec", "signaling-47")]
    public async Task Everybody_sees_only_their_own_dismissal()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        await calls.Get<CallDismissal>().DismissAsync(calls.Channel, CallsHarness.Bob, CancellationToken.None);
        await calls.Get<CallDismissal>().DismissAsync(calls.Channel, CallsHarness.Carol, CancellationToken.None);

        JsonElement bobs = await calls.Client(CallsHarness.Bob, "main").StateAsync();
        Assert.Equal("{\"bob\":true}", bobs.GetProperty("dismissed_notification").GetRawText());
        Assert.False((await alice.StateAsync()).TryGetProperty("dismissed_notification", out _));
    }

    [Fact]
    public async Task The_state_document_has_every_field()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");

        JsonElement state = await alice.StateAsync();

        CallState stored = (await calls.CallAsync())!;
        string expected = $$"""
            {"id":"{{stored.Id}}","start_at":{{stored.StartAt}},"sessions":[{"session_id":"a1","user_id":"alice","unmuted":false,"raised_hand":0,"video":false}],"thread_id":"post1","post_id":"post1","screen_sharing_session_id":"","owner_id":"alice","host_id":"alice"}
            """;
        Assert.Equal(expected, state.GetRawText());
    }

    [Fact]
    public async Task Speaking_is_shown_to_the_participants_and_may_be_dropped()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        await calls.JoinedAsync(CallsHarness.Bob, "b1");

        calls.Get<IMediaEvents>().OnVoiceActivity(alice.Session, speaking: true);
        calls.Get<IMediaEvents>().OnVoiceActivity(alice.Session, speaking: false);
        calls.Get<IMediaEvents>().OnVoiceActivity(new SessionId("nobody"), speaking: true);

        Assert.Equal(["user_voice_on", "user_voice_off"], calls.Client(CallsHarness.Bob, "main").Names);
        Assert.All(calls.Delivery.All, voice => Assert.True(voice.IsDroppable));
        Assert.Empty(calls.Client(CallsHarness.Carol, "main").Events);
    }

    [Fact]
    public async Task Captions_come_from_the_bot_only()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");

        await alice.SendAsync("caption", ("session_id", "a1"), ("text", "hello"), ("new_audio_len_ms", 5.0));

        Assert.Empty(calls.Delivery.All);
    }

    [Theory]
    [InlineData("{\"state\":\"succeeded\",\"local\":{\"type\":\"host\",\"protocol\":\"udp\"},\"remote\":{\"type\":\"prflx\",\"protocol\":\"tcp\"}}", null)]
    [InlineData("{\"state\":\"odd\"}", "failed to validate payload: invalid state")]
    [InlineData("{\"state\":\"failed\",\"local\":{\"type\":\"x\"}}", "failed to validate payload: invalid local candidate info: invalid type")]
    [InlineData("{\"state\":\"failed\",\"local\":5}", "failed to validate payload: invalid local candidate info: missing")]
    [InlineData("[]", "failed to validate payload: not an object")]
    [InlineData("{", "failed to validate payload: not JSON")]
    public async Task Measurements_are_checked(string payload, string? problem)
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        ClientData data = new(new Dictionary<string, object?> { ["metric_name"] = "client_ice_candidate_pair", ["data"] = payload });

        MessageOutcome outcome = await new Metric(calls.Host, new CallsMetrics()).HandleAsync(
            new ClientMessage(alice.Connection, alice.User, alice.Auth, "metric", data, "", ""),
            calls.Get<Domain.Sessions.LocalSessions>().Find(alice.Session)!);

        Assert.Equal(problem, outcome.Problem);
    }
}
