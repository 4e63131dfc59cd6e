using Calls.Server.Tests.EndToEnd.Testing;
using Calls.Server.Tests.Jobs.Testing;

namespace Calls.Server.Tests.Jobs;

/// <summary>What the transcriber says while the call goes on.</summary>
public sealed class CaptionTests : IAsyncLifetime
{
    private RecordingSite _site = null!;
    private ClientSocket _alice = null!;
    private BotWorker _transcriber = null!;

    public async Task InitializeAsync()
    {
        _site = await RecordingSite.StartAsync(static s => s with { EnableTranscriptions = true, EnableLiveCaptions = true });
        (_alice, _, _) = await _site.StartRecordingAsync();
        await _site.StartedRecorderAsync();
        _transcriber = await _site.StartedTranscriberAsync();
        await _site.Site.SettleAsync(_alice, _transcriber.Socket);
        _alice.TakeAll();
        _transcriber.Socket.TakeAll();
    }

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    [Trait("Spec", "storage-and-jobs-36")]
    [Trait("Spec", "signaling-48")]
    public async Task Captions_of_the_transcriber_reach_the_participants_and_those_of_users_nobody()
    {
        ClientSocket bob = await _site.Site.JoinAsync("bob");
        ClientSocket outside = await _site.Site.OpenAsync("carol");
        await bob.SendAsync("caption", new { session_id = _alice.Id, text = "made up", new_audio_len_ms = 2000.0 });
        await _site.Site.SettleAsync(bob, _alice);
        Assert.DoesNotContain("caption", _alice.Names);

        await _transcriber.Socket.SendAsync("caption", new { session_id = _alice.Id, text = "hello everyone", new_audio_len_ms = 1980.5 });

        foreach (ClientSocket socket in (ClientSocket[])[_alice, bob])
        {
            WireFrame caption = await socket.NextAsync("caption");
            Assert.Equal(
                ("hello everyone", _alice.Id, _site.Site.IdOf("alice"), _site.Channel, _site.Channel),
                (caption.Text("text"), caption.Text("session_id"), caption.Text("user_id"), caption.Text("channel_id"), caption.Text("channelID")));
        }

        await _site.Site.SettleAsync(outside);
        Assert.DoesNotContain("caption", outside.Names);
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-37")]
    public async Task A_caption_of_somebody_who_is_not_in_the_call_goes_nowhere()
    {
        ClientSocket bob = await _site.Site.JoinAsync("bob");
        await bob.SendAsync("leave");
        await _site.Site.SettleAsync(bob, _alice);
        _alice.TakeAll();

        await _transcriber.Socket.SendAsync("caption", new { session_id = bob.Id, text = "gone", new_audio_len_ms = 2000 });
        await _transcriber.Socket.SendAsync("caption", new { session_id = "nobodyxxxxxxxxxxxxxxxxxxxx", text = "nobody", new_audio_len_ms = 2000 });
        await _transcriber.Socket.SendAsync("caption", new { text = "no session", new_audio_len_ms = 2000 });
        await _transcriber.Socket.SendAsync("caption", new { session_id = _alice.Id, new_audio_len_ms = 2000 });
        await _transcriber.Socket.SendAsync("caption", new { session_id = _alice.Id, text = "no length" });
        await _site.Site.SettleAsync(_transcriber.Socket, _alice);

        Assert.Empty(_alice.Names);
        Assert.DoesNotContain("caption", _transcriber.Socket.Names);
    }

    [Fact]
    public async Task A_length_comes_as_an_integer_too_as_the_Go_client_may_pack_it()
    {
        await _transcriber.Socket.SendPackedAsync("caption", new Dictionary<string, object?>
        {
            ["session_id"] = _alice.Id,
            ["text"] = "packed",
            ["new_audio_len_ms"] = 2000L,
        });

        Assert.Equal("packed", (await _alice.NextAsync("caption")).Text("text"));
    }

    [Fact]
    public async Task Captions_and_the_transcribers_overload_are_counted()
    {
        await _transcriber.Socket.SendAsync("caption", new { session_id = _alice.Id, text = "one", new_audio_len_ms = 3000 });
        foreach (string name in (string[])["live_captions_window_dropped", "live_captions_transcriber_buf_full", "live_captions_pktPayloadCh_buf_full", "made_up"])
        {
            await _transcriber.Socket.SendAsync("metric", new { session_id = _alice.Id, metric_name = name });
            await _alice.SendAsync("metric", new { metric_name = name });
        }

        await _site.Site.SettleAsync(_transcriber.Socket, _alice);

        using var http = new HttpClient();
        string page = await http.GetStringAsync(new Uri(_site.Site.Sidecar.AdminAddress!, "/metrics"));
        const string Prefix = "\nmattermost_plugin_calls_jobs_live_captions_";
        Assert.Contains(Prefix + "new_audio_len_ms_bucket{le=\"2000\"} 0\n", page, StringComparison.Ordinal);
        Assert.Contains(Prefix + "new_audio_len_ms_bucket{le=\"4000\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains(Prefix + "window_dropped 1\n", page, StringComparison.Ordinal);
        Assert.Contains(Prefix + "transcriber_buf_full 1\n", page, StringComparison.Ordinal);
        Assert.Contains(Prefix + "pktPayloadCh_buf_full 1\n", page, StringComparison.Ordinal);
        Assert.DoesNotContain("made_up", page, StringComparison.Ordinal);
    }
}
