using Microsoft.Playwright;

namespace Calls.Browser.Tests;

/// <summary>The main job on real input: real browsers, real DTLS-SRTP, the real Calls protocol.</summary>
public sealed class TwoBrowsersTests(DemoFixture demo) : IClassFixture<DemoFixture>
{
    private const int AliceHz = 600;
    private const int BobHz = 1_000;
    private const int CarolHz = 1_500;

    [BrowserFact]
    [Trait("Spec", "media-26")]
    public async Task Two_people_hear_each_other_and_not_themselves()
    {
        DemoPage alice = await demo.OpenAsync("alice", AliceHz);
        DemoPage bob = await demo.OpenAsync("bob", BobHz);
        await Screenshot(alice, "logged-in");

        await alice.JoinAsync();
        await alice.ConnectedAsync();
        await bob.ParticipantsAsync("alice");
        await bob.JoinAsync();
        await bob.ConnectedAsync();
        await alice.ParticipantsAsync("alice", "bob");
        await alice.UnmuteAsync();
        await bob.UnmuteAsync();

        await bob.HearsAsync(AliceHz);
        await alice.HearsAsync(BobHz);
        Assert.All(await bob.HeardAsync(), static heard => Assert.True(Math.Abs(heard.PitchHz - BobHz) > 50, $"Bob hears himself: {heard}"));
        Assert.All(await alice.HeardAsync(), static heard => Assert.True(Math.Abs(heard.PitchHz - AliceHz) > 50, $"Alice hears herself: {heard}"));
        Assert.Equal("SRTP_AEAD_AES_128_GCM", await alice.TransportAsync("srtpCipher"));
        Assert.Equal("FEFD", await alice.TransportAsync("tlsVersion"));
        Assert.Equal("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", await alice.TransportAsync("dtlsCipher"));
        Assert.True(await bob.StatisticAsync("inbound-rtp", "packetsReceived") > 50);
        await bob.Page.WaitForSelectorAsync("#participants li[data-user=alice][data-speaking=true]");
        await Screenshot(bob, "in-call");

        await Mute_silences_and_unmute_brings_back(alice, bob);
        await A_third_joiner_hears_both(alice, bob);
        await A_reload_leaves_no_ghost(alice, bob);
        await A_lost_socket_costs_nothing(alice, bob);
        await The_last_one_to_close_the_tab_ends_the_call(alice, bob);
    }

    private static async Task Mute_silences_and_unmute_brings_back(DemoPage alice, DemoPage bob)
    {
        await alice.MuteAsync();
        double silentAfterMs = await bob.SilentAfterAsync();
        Assert.True(silentAfterMs < 1_000, $"Alice was heard for {silentAfterMs:F0} ms after she muted.");
        await bob.Page.WaitForSelectorAsync("#participants li[data-user=alice][data-unmuted=false]");

        await alice.UnmuteAsync();
        await bob.HearsAsync(AliceHz);
    }

    private async Task A_third_joiner_hears_both(DemoPage alice, DemoPage bob)
    {
        DemoPage carol = await demo.OpenAsync("carol", CarolHz);
        await carol.JoinAsync();
        await carol.ConnectedAsync();
        await carol.HearsAsync(AliceHz);
        await carol.HearsAsync(BobHz);
        await carol.UnmuteAsync();
        await alice.HearsAsync(CarolHz);
        await bob.HearsAsync(CarolHz);
        await Screenshot(carol, "three-people");

        await carol.Page.ClickAsync("#leave");
        await alice.ParticipantsAsync("alice", "bob");
    }

    private static async Task A_reload_leaves_no_ghost(DemoPage alice, DemoPage bob)
    {
        await bob.Page.ReloadAsync();
        await alice.ParticipantsAsync("alice");
        await bob.Page.WaitForSelectorAsync("#app:not([hidden])");
        await bob.ParticipantsAsync("alice");

        await bob.JoinAsync();
        await bob.ConnectedAsync();
        await alice.ParticipantsAsync("alice", "bob");
        await bob.UnmuteAsync();
        await alice.HearsAsync(BobHz);
        await bob.HearsAsync(AliceHz);
    }

    private static async Task A_lost_socket_costs_nothing(DemoPage alice, DemoPage bob)
    {
        // Bob's sockets break and cannot be opened again while 5 s of Alice's audio arrive.
        await bob.Page.EvaluateAsync("""
            () => {
              window.RealWebSocket = WebSocket;
              window.WebSocket = class extends RealWebSocket { constructor() { super('ws://127.0.0.1:9/'); } };
              calls.client.socket.drop();
              calls.socket.drop();
            }
            """);
        await bob.AudioPacketsAsync(250);
        await alice.ParticipantsAsync("alice", "bob");
        await alice.HearsAsync(BobHz);

        await bob.Page.EvaluateAsync("() => { window.WebSocket = RealWebSocket; }");
        await bob.Page.WaitForFunctionAsync("() => calls.client?.socket.isOpen && calls.socket.isOpen");
        await bob.Page.ClickAsync("#hand");
        await alice.Page.WaitForFunctionAsync("() => document.querySelector('#participants li[data-user=bob] .marks').textContent.includes('hand raised')");
        await bob.MuteAsync();
        await alice.Page.WaitForSelectorAsync("#participants li[data-user=bob][data-unmuted=false]");
        Assert.Equal(1, await alice.Page.Locator("#participants li[data-user=bob]").CountAsync());
    }

    private static async Task The_last_one_to_close_the_tab_ends_the_call(DemoPage alice, DemoPage bob)
    {
        await alice.Page.CloseAsync(new() { RunBeforeUnload = false });
        await bob.ParticipantsAsync("bob");
        IPage observer = await bob.Page.Context.NewPageAsync();
        DemoPage dave = await DemoPage.LogInAsync(observer, new Uri(bob.Page.Url), "dave");
        await dave.ParticipantsAsync("bob");
        await bob.Page.CloseAsync();
        await dave.ParticipantsAsync();
        await observer.WaitForFunctionAsync("() => document.getElementById('call-facts').textContent === 'No call'");
    }

    private static Task Screenshot(DemoPage page, string name) => page.Page.ScreenshotAsync(new()
    {
        Path = Path.Combine(AppContext.BaseDirectory, "screenshots", $"{name}.png"),
        FullPage = true,
    });
}
