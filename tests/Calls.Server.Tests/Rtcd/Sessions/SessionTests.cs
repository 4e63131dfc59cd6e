using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Calls.Rtc.Client;
using Calls.Rtcd.Protocol;
using Calls.Server.Tests.Rtcd.Testing;

namespace Calls.Server.Tests.Rtcd.Sessions;

/// <summary>Sessions through <c>/ws</c>, with real WebRTC clients at their ends.</summary>
public sealed class SessionTests : IAsyncLifetime
{
    private static readonly string BasicA = RtcdSite.Basic("clientA", RtcdSite.KeyA);

    private RtcdSite _site = null!;

    public async Task InitializeAsync()
    {
        _site = await RtcdSite.StartAsync();
        await _site.RegisterAsync("clientA");
    }

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    [Trait("Spec", "rtcd-21")]
    public async Task A_session_is_shown_with_what_it_was_joined_with()
    {
        RtcdSocket socket = await _site.ConnectAsync();
        await socket.SendAsync(new JoinMessage("c1", "u1", "s1") { ChannelId = "ch1", Av1Support = true, DcSignaling = false });
        await socket.SendAsync(new JoinMessage("c2", "u2", "s2"));
        await socket.SyncAsync();

        const string One = """{"GroupID":"clientA","CallID":"c1","UserID":"u1","SessionID":"s1","Props":{"av1Support":true,"channelID":"ch1","dcSignaling":false}}""";
        Assert.Equal((HttpStatusCode.OK, $"[{One}]\n"), await _site.GetAsync("/calls/c1/sessions", BasicA));
        Assert.Equal((HttpStatusCode.OK, $"{One}\n"), await _site.GetAsync("/calls/c1/sessions/s1", BasicA));
        Assert.Contains("\"Props\":{\"av1Support\":null,\"channelID\":null,\"dcSignaling\":null}", (await _site.GetAsync("/calls/c2/sessions", BasicA)).Text, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.NotFound, "failed to get session configs: call not found\n"), await _site.GetAsync("/calls/c3/sessions", BasicA));
        Assert.Equal((HttpStatusCode.NotFound, "failed to get session config: session not found\n"), await _site.GetAsync("/calls/c1/sessions/s2", BasicA));
    }

    [Fact]
    [Trait("Spec", "rtcd-23")]
    [Trait("Spec", "rtcd-25")]
    public async Task An_offer_that_follows_its_join_at_once_is_answered_with_wrapped_candidates()
    {
        RtcdSocket socket = await _site.ConnectAsync();
        RtcdParticipant alice = await RtcdParticipant.JoinAsync(_site, socket, "s1");
        await socket.SendRtcAsync("s1", 1, Encoding.UTF8.GetBytes("""{"candidate":"candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"abcd"}"""));
        await socket.SyncAsync();

        Assert.Equal(RtcClientState.Open, alice.Rtc.State);
        Assert.Equal((1, 0), _site.Host.Media.SignalingCounts("s1"));

        // The signals of another one, as they came.
        await socket.JoinAsync("s2");
        await socket.SendRtcAsync("s2", 2, Offer());
        RtcMessage answer = await socket.NextAsync<RtcMessage>(static message => message is { SessionId: "s2", Type: 2 });
        Assert.Equal(("clientA", "user1", "call1"), (answer.GroupId, answer.UserId, answer.CallId));
        Assert.Equal("answer", (string?)JsonNode.Parse(answer.Data.Span)!["type"]);
        RtcMessage candidate = await socket.NextAsync<RtcMessage>(static message => message is { SessionId: "s2", Type: 1 });
        JsonNode wrapped = JsonNode.Parse(candidate.Data.Span)!;
        Assert.Equal("candidate", (string?)wrapped["type"]);
        Assert.StartsWith("candidate:", (string?)wrapped["candidate"]!["candidate"], StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Spec", "rtcd-24")]
    public async Task A_session_without_an_offer_is_closed_after_10_s()
    {
        RtcdSocket socket = await _site.ConnectAsync();
        await socket.JoinAsync("s1");
        await socket.SyncAsync();
        _site.Time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Equal(HttpStatusCode.OK, (await _site.GetAsync("/calls/call1/sessions", BasicA)).Status);

        _site.Time.Advance(TimeSpan.FromSeconds(0.2));

        await socket.NextAsync<CloseMessage>(static close => close.SessionId == "s1");
        Assert.Equal(HttpStatusCode.NotFound, (await _site.GetAsync("/calls/call1/sessions", BasicA)).Status);
    }

    [Fact]
    [Trait("Spec", "rtcd-26")]
    [Trait("Spec", "rtcd-27")]
    public async Task After_a_reconnect_everything_comes_on_the_new_connection()
    {
        RtcdSocket first = await _site.ConnectAsync();
        RtcdSocket second = await _site.ConnectAsync();
        RtcdParticipant alice = await RtcdParticipant.JoinAsync(_site, first, "s1");
        await second.SendAsync(new ReconnectMessage("s1"));
        await second.SyncAsync();
        first.TakeAll<RtcMessage>(static _ => true);
        alice.Signaling = second;

        RtcdParticipant bob = await RtcdParticipant.JoinAsync(_site, second, "s2");
        await SpeakUntilAsync(bob, () => alice.Heard > 0, alice, bob); // needed an offer to s1
        await second.SendAsync(new LeaveMessage("s1"));
        await second.NextAsync<CloseMessage>(static close => close.SessionId == "s1");

        await first.SyncAsync();
        Assert.Empty(first.TakeAll<RtcdMessage>(static _ => true));
    }

    [Fact]
    [Trait("Spec", "rtcd-28")]
    public async Task Nobody_steers_the_sessions_of_another_client()
    {
        await _site.RegisterAsync("clientB");
        RtcdSocket ofA = await _site.ConnectAsync();
        RtcdSocket ofB = await _site.ConnectAsync("clientB");
        RtcdParticipant alice = await RtcdParticipant.JoinAsync(_site, ofA, "s1");

        await ofB.SendAsync(new LeaveMessage("s1"));
        await ofB.SendAsync(new ReconnectMessage("s1"));
        await ofB.SendRtcAsync("s1", 2, Offer());
        await ofB.JoinAsync("s1");
        await ofB.SyncAsync();

        RtcdParticipant bob = await RtcdParticipant.JoinAsync(_site, ofA, "s2");
        await SpeakUntilAsync(bob, () => alice.Heard > 0, alice, bob);
        Assert.Empty(ofB.TakeAll<RtcdMessage>(static _ => true));
        Assert.Equal(HttpStatusCode.NotFound, (await _site.GetAsync("/calls/call1/sessions", RtcdSite.Basic("clientB", RtcdSite.KeyA))).Status);
    }

    [Fact]
    [Trait("Spec", "rtcd-29")]
    public async Task Media_goes_on_without_the_connection_and_signals_find_the_next_one()
    {
        RtcdSocket first = await _site.ConnectAsync();
        RtcdParticipant alice = await RtcdParticipant.JoinAsync(_site, first, "s1");
        RtcdParticipant bob = await RtcdParticipant.JoinAsync(_site, first, "s2");
        await SpeakUntilAsync(bob, () => alice.Heard > 0, alice, bob);

        await first.CloseAsync();
        int before = alice.Heard;
        await SpeakUntilAsync(bob, () => alice.Heard > before + 10, alice, bob);
        Assert.Equal(2, _site.Host.Media.SessionCount);

        // The plugin is back with one connection and has said nothing yet.
        RtcdSocket second = await _site.ConnectAsync();
        bob.Close();
        await RtcdParticipant.UntilAsync(_site, () => _site.Host.Media.SessionCount == 1, [alice]);
        await second.NextAsync<CloseMessage>(static close => close.SessionId == "s2");
    }

    [Fact]
    [Trait("Spec", "rtcd-30")]
    [Trait("Spec", "rtcd-31")]
    public async Task Speech_is_reported_and_a_mute_ends_it_and_the_voice()
    {
        RtcdSocket socket = await _site.ConnectAsync();
        RtcdParticipant alice = await RtcdParticipant.JoinAsync(_site, socket, "s1");
        RtcdParticipant bob = await RtcdParticipant.JoinAsync(_site, socket, "s2");

        // Silence first: speech is what stands out.
        await SpeakUntilAsync(bob, static sent => sent > 80, static sent => (byte)(sent > 55 ? 20 : 127), alice, bob);
        VoiceActivityMessage on = await socket.NextAsync<VoiceActivityMessage>(static _ => true);
        Assert.Equal(("clientA", "user1", "s2", "call1", 7), (on.GroupId, on.UserId, on.SessionId, on.CallId, on.Type));

        // Silence again: not reported before 2 s after the speech.
        long since = _site.Time.GetTimestamp();
        IReadOnlyList<VoiceActivityMessage> off = [];
        await SpeakUntilAsync(bob, _ => (off = socket.TakeAll<VoiceActivityMessage>(static _ => true)).Count > 0, static _ => 127, alice, bob);
        Assert.Equal(8, Assert.Single(off).Type);
        Assert.InRange(_site.Time.GetElapsedTime(since).TotalSeconds, 1.4, 10); // at most half a second of speech was before it

        await SpeakUntilAsync(bob, static sent => sent > 80, static sent => (byte)(sent > 55 ? 20 : 127), alice, bob);
        Assert.Equal(7, (await socket.NextAsync<VoiceActivityMessage>(static _ => true)).Type);
        await socket.SendRtcAsync("s2", 3);
        await SpeakUntilAsync(bob, _ => (off = socket.TakeAll<VoiceActivityMessage>(static _ => true)).Count > 0, static _ => 20, alice, bob);
        Assert.Equal(8, Assert.Single(off).Type);
        int heard = alice.Heard;
        await SpeakUntilAsync(bob, static sent => sent > 30, static _ => 20, alice, bob);
        Assert.InRange(alice.Heard - heard, 0, 2); // what was on its way

        await socket.SendRtcAsync("s2", 4);
        heard = alice.Heard;
        await SpeakUntilAsync(bob, () => alice.Heard > heard + 10, alice, bob);
    }

    [Fact]
    [Trait("Spec", "rtcd-32")]
    public async Task The_first_who_shares_a_screen_remains_the_sharer()
    {
        RtcdSocket socket = await _site.ConnectAsync();
        RtcdParticipant alice = await RtcdParticipant.JoinAsync(_site, socket, "s1");
        RtcdParticipant bob = await RtcdParticipant.JoinAsync(_site, socket, "s2");
        await socket.SendRtcAsync("s1", 5, Encoding.UTF8.GetBytes("{\"screenStreamID\":\"ofAlice\"}"));
        await socket.SendRtcAsync("s2", 5, Encoding.UTF8.GetBytes("{\"screenStreamID\":\"ofBob\"}"));
        await socket.SendRtcAsync("s2", 6); // not his to end
        await socket.SyncAsync();
        SentTrack ofAlice = alice.PublishScreen("ofAlice");
        SentTrack ofBob = bob.PublishScreen("ofBob");

        int shown = 0;
        await RtcdParticipant.UntilAsync(_site, () => bob.Heard > 20, [alice, bob], () =>
        {
            alice.Show(ofAlice);
            shown += bob.Show(ofBob) ? 1 : 0;
        });
        Assert.InRange(shown, 20, int.MaxValue);
        Assert.Equal(0, alice.Heard);

        // Once she has ended, he may.
        await socket.SendRtcAsync("s1", 6);
        await socket.SendRtcAsync("s2", 5, Encoding.UTF8.GetBytes("{\"screenStreamID\":\"ofBob\"}"));
        await RtcdParticipant.UntilAsync(_site, () => alice.Heard > 5, [alice, bob], () => bob.Show(ofBob));
    }

    [Fact]
    public async Task The_audio_level_counts_and_not_the_mute_that_follows_nothing()
    {
        RtcdSocket socket = await _site.ConnectAsync();
        await socket.JoinAsync("s1");
        await socket.SendRtcAsync("s1", 7);
        await socket.SendRtcAsync("s1", 8);
        await socket.SendRtcAsync("s1", 99);
        await socket.SendRtcAsync("", 2);
        await socket.SendRtcAsync("s1", 0);
        await socket.SyncAsync();

        Assert.Empty(socket.TakeAll<RtcdMessage>(static _ => true));
        Assert.Equal(1, _site.Host.Media.SessionCount);
    }

    [Fact]
    public async Task A_session_id_is_taken_once_and_the_second_join_harms_nobody()
    {
        RtcdSocket socket = await _site.ConnectAsync();
        RtcdParticipant alice = await RtcdParticipant.JoinAsync(_site, socket, "s1");
        await socket.JoinAsync("s1", call: "other");
        await socket.SyncAsync();

        Assert.Empty(socket.TakeAll<CloseMessage>(static _ => true));
        Assert.Equal(1, _site.Host.Media.SessionCount);
        Assert.Equal(RtcClientState.Open, alice.Rtc.State);
    }

    [Fact]
    [Trait("Spec", "rtcd-40")]
    public async Task Metrics_show_sessions_connections_and_messages_under_rtcds_names()
    {
        RtcdSocket socket = await _site.ConnectAsync();
        RtcdParticipant alice = await RtcdParticipant.JoinAsync(_site, socket, "s1");
        RtcdParticipant bob = await RtcdParticipant.JoinAsync(_site, socket, "s2");
        await SpeakUntilAsync(bob, () => alice.Heard > 140, alice, bob);
        await socket.SendAsync(new LeaveMessage("s2"));
        await socket.NextAsync<CloseMessage>(static close => close.SessionId == "s2");
        await socket.SendAsync([0xA8, .. Encoding.ASCII.GetBytes("evil\"}1\n"), 0x80], System.Net.WebSockets.WebSocketMessageType.Binary);
        await socket.SyncAsync();

        string page = (await _site.GetAsync("/metrics")).Text;

        Assert.Contains("\nrtcd_rtc_sessions_total{groupID=\"clientA\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\nrtcd_rtc_conn_states_total{type=\"connected\"} 2\n", page, StringComparison.Ordinal);
        Assert.Contains("\nrtcd_ws_connections_total{clientID=\"clientA\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\nrtcd_ws_messages_total{clientID=\"clientA\",type=\"rtc\",direction=\"out\"}", page, StringComparison.Ordinal);
        Assert.Contains("\nrtcd_ws_messages_total{clientID=\"clientA\",type=\"other\",direction=\"in\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\nrtcd_process_cpu_seconds_total ", page, StringComparison.Ordinal);
        Assert.Contains("\ngo_goroutines ", page, StringComparison.Ordinal);
        Assert.DoesNotContain("evil", page, StringComparison.Ordinal);
        Assert.Equal("0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 +Inf", Bounds(page, "rtcd_rtc_connection_time"));
        Assert.Equal("0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 +Inf", Bounds(page, "rtcd_rtc_dc_open_time"));
        Assert.Equal("0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 +Inf", Bounds(page, "rtcd_rtc_signaling_lock_grab_time"));
        Assert.Equal("0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 +Inf", Bounds(page, "rtcd_rtc_signaling_lock_locked_time"));
        Assert.Equal("0.001 0.005 0.0075 0.01 0.025 0.05 0.075 0.1 0.25 0.3 0.4 0.5 0.75 1 +Inf", Bounds(page, "rtcd_rtc_rtp_tracks_writes_time"));
        Assert.Matches("rtcd_rtc_rtp_tracks_writes_time_count{groupID=\"clientA\",type=\"voice\"} [1-9]", page);
        Assert.Matches("rtcd_rtc_rtp_packets_total{direction=\"out\",type=\"voice\"} 1[4-9][0-9]\n", page);
    }

    [Fact]
    public async Task Joins_are_taken_while_it_drains_and_it_ends_with_the_last_session()
    {
        RtcdSocket socket = await _site.ConnectAsync();
        RtcdParticipant alice = await RtcdParticipant.JoinAsync(_site, socket, "s1");
        Task drained = _site.Host.DrainAsync(CancellationToken.None);
        RtcdParticipant bob = await RtcdParticipant.JoinAsync(_site, socket, "s2");
        await SpeakUntilAsync(bob, () => alice.Heard > 0, alice, bob);
        Assert.Equal(HttpStatusCode.OK, (await _site.GetAsync("/version")).Status);

        await socket.SendAsync(new LeaveMessage("s1"));
        await socket.NextAsync<CloseMessage>(static close => close.SessionId == "s1");
        _site.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(drained.IsCompleted && _site.Host.Media.SessionCount > 0);

        await socket.SendAsync(new LeaveMessage("s2"));
        await RtcdParticipant.UntilAsync(_site, () => drained.IsCompleted, [alice]);
        await drained;
    }

    [Fact]
    public async Task A_limit_that_was_set_ends_the_drain()
    {
        await _site.StopHostAsync();
        await _site.StartHostAsync(static options => options with { DrainTimeout = TimeSpan.FromMinutes(5) });
        RtcdSocket socket = await _site.ConnectAsync();
        RtcdParticipant alice = await RtcdParticipant.JoinAsync(_site, socket, "s1");
        Task drained = _site.Host.DrainAsync(CancellationToken.None);
        long start = _site.Time.GetTimestamp();

        await RtcdParticipant.UntilAsync(_site, () => drained.IsCompleted, [alice], () => _site.Time.Advance(TimeSpan.FromMilliseconds(980)));

        Assert.InRange(_site.Time.GetElapsedTime(start).TotalMinutes, 4.9, 5.5);
        Assert.Equal(1, _site.Host.Media.SessionCount);
    }

    private static byte[] Offer()
    {
        string sdp = File.ReadAllText(Directory.EnumerateFiles(Fixtures("sdp"), "chromium-client-offer-dc_audio.sr.sdp").Order(StringComparer.Ordinal).First());
        return Encoding.UTF8.GetBytes(new JsonObject { ["type"] = "offer", ["sdp"] = sdp }.ToJsonString());
    }

    private static string Fixtures(string folder)
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Plugin.sln")))
        {
            root = Path.GetDirectoryName(root)!;
        }

        return Path.Combine(root, "tests", "fixtures", folder);
    }

    private static string Bounds(string page, string name) => string.Join(' ', page.Split('\n')
        .Where(line => line.StartsWith(name + "_bucket{groupID=\"clientA\"", StringComparison.Ordinal))
        .Select(static line => line.Split("le=\"")[1].Split('"')[0]));

    private Task SpeakUntilAsync(RtcdParticipant speaker, Func<bool> holds, params RtcdParticipant[] all) => SpeakUntilAsync(speaker, _ => holds(), static _ => 30, all);

    /// <param name="holds">Is given how many packets were sent.</param>
    /// <param name="level">The level of a packet, by its number.</param>
    private Task SpeakUntilAsync(RtcdParticipant speaker, Func<int, bool> holds, Func<int, byte> level, params RtcdParticipant[] all)
    {
        if (speaker.Voice is null)
        {
            speaker.Publish();
        }

        int sent = 0;
        return RtcdParticipant.UntilAsync(_site, () => holds(sent), all, () => sent += speaker.Speak(level(sent)) ? 1 : 0);
    }
}
