using System.Diagnostics;
using System.Text.Json;
using Calls.Browser.Tests;
using Calls.Server.Api;
using Microsoft.Playwright;

namespace Calls.Network.Tests;

/// <summary>Chromium behind a firewall and behind one that only a relay helps out of, in one call of the demo.</summary>
public sealed class BrowsersAcrossNetworksTests : IAsyncLifetime
{
    private const int AliceHz = 600;
    private const int BobHz = 1_000;
    private const string Secret = "a secret that the relay and the service share";

    // The page's own connection, with the relay as the only way out: what a client does that is given TURN credentials.
    private const string OnlyRelay = """
        (relay) => {
          const Original = RTCPeerConnection;
          window.RTCPeerConnection = class extends Original {
            constructor(configuration) { super({...configuration, iceServers: [relay], iceTransportPolicy: 'relay'}); }
          };
        }
        """;

    private readonly Lab _lab = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("calls-net-").FullName;
    private readonly List<IBrowser> _browsers = [];
    private IPlaywright? _playwright;

    public async Task InitializeAsync() => _playwright = await Playwright.CreateAsync();

    [NetworkFact("turnserver", "chromium")]
    public async Task One_over_tcp_and_one_over_a_relay_hear_each_other()
    {
        Uri page = await StartDemoAsync(_lab.AddPublic("server", 1));
        _lab.Own(Coturn.Start(_lab.AddPublic("relay", 3), "198.51.100.3", 443, Secret));
        string aliceRouter = _lab.AddRouter("router11", 11);
        string bobRouter = _lab.AddRouter("router12", 12);
        Lab.Filter(aliceRouter, "ip protocol udp drop");
        Lab.Filter(bobRouter, "ip protocol udp drop");
        Lab.Filter(bobRouter, "tcp dport != { 8065, 443 } tcp sport != { 8065, 443 } drop");

        DemoPage alice = await OpenAsync(page, _lab.AddBehind(aliceRouter, 11, "alice"), "alice", AliceHz, relay: null);
        Assert.NotNull(TurnCredentials.TryCreate("bob", Secret, TimeSpan.FromMinutes(10), DateTimeOffset.UtcNow, out _));
        TurnCredentials credentials = TurnCredentials.TryCreate("bob", Secret, TimeSpan.FromMinutes(10), DateTimeOffset.UtcNow, out _)!;
        var relay = new { urls = "turn:198.51.100.3:443?transport=tcp", username = credentials.Username, credential = credentials.Credential };
        DemoPage bob = await OpenAsync(page, _lab.AddBehind(bobRouter, 12, "bob"), "bob", BobHz, relay);

        await alice.JoinAsync();
        await alice.ConnectedAsync();
        await bob.JoinAsync();
        await bob.ConnectedAsync();
        await alice.UnmuteAsync();
        await bob.UnmuteAsync();
        await bob.HearsAsync(AliceHz);
        await alice.HearsAsync(BobHz);

        Assert.Equal("tcp host", await SelectedAsync(alice));
        Assert.Equal("udp relay tcp", await SelectedAsync(bob)); // UDP from the relay to the server, TCP from the browser to the relay
    }

    [NetworkFact("chromium")]
    public async Task A_network_that_loses_a_tenth_leaves_voice_and_screen_playable()
    {
        Uri page = await StartDemoAsync(_lab.AddPublic("server", 1));
        string aliceRouter = _lab.AddRouter("router11", 11);
        string bobRouter = _lab.AddRouter("router12", 12);
        DemoPage alice = await OpenAsync(page, _lab.AddBehind(aliceRouter, 11, "alice"), "alice", AliceHz, relay: null);
        DemoPage bob = await OpenAsync(page, _lab.AddBehind(bobRouter, 12, "bob"), "bob", BobHz, relay: null);
        await alice.JoinAsync();
        await alice.ConnectedAsync();
        await bob.JoinAsync();
        await bob.ConnectedAsync();
        await alice.UnmuteAsync();
        await bob.HearsAsync(AliceHz);
        await alice.Page.ClickAsync("#share");
        await bob.Page.WaitForFunctionAsync("() => document.querySelector('#screen video')?.getVideoPlaybackQuality().totalVideoFrames >= 10");

        // Each router loses one in twenty, in both directions.
        Lab.Filter(aliceRouter, "ip protocol udp numgen random mod 20 0 drop");
        Lab.Filter(bobRouter, "ip protocol udp numgen random mod 20 0 drop");
        double samples = await StatisticAsync(bob, "audio", "totalSamplesReceived");
        double concealed = await StatisticAsync(bob, "audio", "concealedSamples");
        int shown = await bob.Page.EvaluateAsync<int>("() => document.querySelector('#screen video').getVideoPlaybackQuality().totalVideoFrames");
        await bob.Page.WaitForFunctionAsync("(frames) => document.querySelector('#screen video').getVideoPlaybackQuality().totalVideoFrames >= frames", shown + 150);

        double repaired = await StatisticAsync(bob, "video", "retransmittedPacketsReceived");
        Assert.True(repaired > 0, $"{repaired} of {await StatisticAsync(bob, "video", "packetsReceived")} packets came by way of a retransmission");
        Assert.InRange(await StatisticAsync(bob, "video", "totalFreezesDuration"), 0, 1.5);

        // With RED a voice loses what two packets in a row carry.
        samples = await StatisticAsync(bob, "audio", "totalSamplesReceived") - samples;
        concealed = await StatisticAsync(bob, "audio", "concealedSamples") - concealed;
        Assert.InRange(concealed / samples, 0, 0.04);
    }

    /// <summary>One statistic of what a page receives, summed over all streams of a kind.</summary>
    private static Task<double> StatisticAsync(DemoPage page, string kind, string name) => page.Page.EvaluateAsync<double>(
        """
        async ({kind, name}) => [...(await calls.client.pc.getStats()).values()]
          .filter((report) => report.type === 'inbound-rtp' && report.kind === kind).reduce((sum, report) => sum + (report[name] ?? 0), 0)
        """,
        new { kind, name });

    [NetworkFact("chromium")]
    public async Task A_browser_moves_from_tcp_to_udp_and_back_as_the_firewall_changes_its_mind()
    {
        Uri page = await StartDemoAsync(_lab.AddPublic("server", 1));
        string router = _lab.AddRouter("router11", 11);
        Lab.Filter(router, "ip protocol udp drop");
        DemoPage alice = await OpenAsync(page, _lab.AddBehind(router, 11, "alice"), "alice", AliceHz, relay: null);
        await alice.JoinAsync();
        await alice.ConnectedAsync();
        Assert.Equal("tcp host", await SelectedAsync(alice));

        Lab.Unfilter(router);
        await UntilSelectedAsync(alice, "udp");
        await PingsAsync(alice, 3);
        Lab.Filter(router, "ip protocol udp drop");
        await UntilSelectedAsync(alice, "tcp");
        await PingsAsync(alice, 3);
        Assert.Equal("connected", await alice.Page.EvaluateAsync<string>("() => calls.client.pc.connectionState"));
    }

    public async Task DisposeAsync()
    {
        foreach (IBrowser browser in _browsers)
        {
            await browser.DisposeAsync();
        }

        _playwright?.Dispose();
        _lab.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Protocol and type of the local candidate in use, and how the relay is reached.</summary>
    private static Task<string> SelectedAsync(DemoPage page) => page.Page.EvaluateAsync<string>("""
        async () => {
          const stats = await calls.client.pc.getStats();
          const of = (id) => stats.get(id);
          const transport = [...stats.values()].find((report) => report.type === 'transport');
          const local = of(of(transport.selectedCandidatePairId).localCandidateId);
          return [local.protocol, local.candidateType === 'prflx' ? 'host' : local.candidateType, local.relayProtocol].filter(Boolean).join(' ');
        }
        """);

    private static Task UntilSelectedAsync(DemoPage page, string protocol) => page.Page.WaitForFunctionAsync(
        """
        async (protocol) => {
          const stats = await calls.client.pc.getStats();
          const transport = [...stats.values()].find((report) => report.type === 'transport');
          return stats.get(stats.get(transport.selectedCandidatePairId).localCandidateId).protocol === protocol;
        }
        """,
        protocol,
        new() { PollingInterval = 200 });

    /// <summary>Waits for so many more answers on the data channel: the server sends where the browser now receives.</summary>
    private static async Task PingsAsync(DemoPage page, int count)
    {
        double before = await page.StatisticAsync("data-channel", "messagesReceived");
        await page.Page.WaitForFunctionAsync(
            "async (until) => [...(await calls.client.pc.getStats()).values()].some((report) => report.type === 'data-channel' && report.messagesReceived >= until)",
            before + count,
            new() { PollingInterval = 200 });
    }

    private async Task<Uri> StartDemoAsync(string host)
    {
        Process demo = Lab.Start(
            host, "dotnet", Path.Combine(AppContext.BaseDirectory, "calls.dll"), "demo", "--json", "--http", "198.51.100.1:8065", "--media-port", "8443");
        _lab.Own(new Started(demo));
        Task<string> errors = demo.StandardError.ReadToEndAsync();
        while (await demo.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith('{'))
            {
                _ = demo.StandardOutput.ReadToEndAsync();
                return new(JsonDocument.Parse(line).RootElement.GetProperty("url").GetString()!);
            }
        }

        throw new InvalidOperationException($"calls demo ended before it was ready: {await errors}");
    }

    private async Task<DemoPage> OpenAsync(Uri url, string host, string user, int toneHz, object? relay)
    {
        string microphone = Path.Combine(_folder, $"{toneHz}.wav");
        ToneFile.Write(microphone, toneHz);
        string program = Path.Combine(_folder, $"chromium-{user}");
        await File.WriteAllTextAsync(program, $"#!/bin/sh\nexec {NetworkFactAttribute.Find("ip")} netns exec {host} {Chromium.Path} \"$@\"\n");
        Lab.Run($"chmod 700 {program}");

        // Browsers give the microphone to secure origins only; a demo in a network has no certificate.
        IBrowser browser = await Chromium.LaunchAsync(_playwright!, microphone, program, $"--unsafely-treat-insecure-origin-as-secure={url.GetLeftPart(UriPartial.Authority)}");
        _browsers.Add(browser);
        IBrowserContext context = await browser.NewContextAsync();
        if (relay is not null)
        {
            await context.AddInitScriptAsync($"({OnlyRelay})({JsonSerializer.Serialize(relay)})");
        }

        return await DemoPage.LogInAsync(await context.NewPageAsync(), url, user);
    }

    private sealed class Started(Process process) : IDisposable
    {
        public void Dispose()
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }
    }
}
