using Microsoft.Playwright;

namespace Calls.Browser.Tests;

/// <summary>The demo page in one browser, and the ears of a person in front of it.</summary>
internal sealed class DemoPage(IPage page)
{
    /// <summary>Pitch and loudness of one remote voice over the last half second or so, heard with the browser's own FFT.</summary>
    private const string Listen = """
        async ({senderIndex, windowMs}) => {
          const players = [...document.querySelectorAll('#audio audio')];
          const player = players[senderIndex];
          if (!player) return {pitchHz: 0, loudness: 0, players: players.length};
          const context = window.listening ??= new AudioContext();
          await context.resume();
          const analyser = player.analyser ??= (() => {
            const node = context.createAnalyser();
            node.fftSize = 8192;
            node.smoothingTimeConstant = 0;
            context.createMediaStreamSource(player.srcObject).connect(node);
            return node;
          })();
          const spectrum = new Float32Array(analyser.frequencyBinCount);
          const samples = new Float32Array(analyser.fftSize);
          let pitchHz = 0, loudness = 0;
          const until = performance.now() + windowMs;
          do {
            analyser.getFloatTimeDomainData(samples);
            const rms = Math.sqrt(samples.reduce((sum, s) => sum + s * s, 0) / samples.length);
            if (rms >= loudness) {
              loudness = rms;
              analyser.getFloatFrequencyData(spectrum);
              pitchHz = spectrum.reduce((best, level, bin) => level > spectrum[best] ? bin : best, 1) * context.sampleRate / analyser.fftSize;
            }
            await new Promise((resolve) => setTimeout(resolve, 50));
          } while (performance.now() < until);
          return {pitchHz, loudness, players: players.length};
        }
        """;

    public IPage Page => page;

    public static async Task<DemoPage> LogInAsync(IPage page, Uri url, string user)
    {
        await page.GotoAsync(url.ToString());
        await page.ClickAsync($".people button[data-user={user}]");
        await page.WaitForSelectorAsync("#app:not([hidden])");
        return new(page);
    }

    public Task JoinAsync() => page.ClickAsync("#join");

    /// <summary>Waits until media flows.</summary>
    public Task ConnectedAsync() => page.WaitForFunctionAsync("() => calls.client?.pc?.connectionState === 'connected' && !document.getElementById('mute').disabled");

    public async Task UnmuteAsync()
    {
        await page.ClickAsync("#mute");
        await page.WaitForFunctionAsync("() => document.getElementById('mute').textContent === 'Mute'");
    }

    public Task MuteAsync() => page.ClickAsync("#mute");

    /// <summary>Waits until exactly these users are shown as participants.</summary>
    public Task ParticipantsAsync(params string[] users) => page.WaitForFunctionAsync(
        "(users) => JSON.stringify([...document.querySelectorAll('#participants li')].map((item) => item.dataset.user).sort()) === JSON.stringify(users.sort())",
        users);

    /// <summary>Waits until a remote voice of this pitch is heard, whichever section it comes on.</summary>
    public async Task HearsAsync(int toneHz)
    {
        await page.WaitForFunctionAsync("() => document.querySelectorAll('#audio audio').length > 0");
        for (int attempt = 0; ; attempt++)
        {
            Heard[] heard = await HeardAsync();
            if (heard.Any(voice => voice.Loudness > 0.01 && Math.Abs(voice.PitchHz - toneHz) < 15))
            {
                return;
            }

            // Each look takes about a second of sound; a voice that has not come after this many is not coming.
            Assert.True(attempt < 20, $"{toneHz} Hz is not heard, but {string.Join(", ", heard.AsEnumerable())}");
        }
    }

    /// <summary>What all remote voices sound like now.</summary>
    public async Task<Heard[]> HeardAsync(int windowMs = 1000)
    {
        int players = await page.EvaluateAsync<int>("() => document.querySelectorAll('#audio audio').length");
        var heard = new Heard[players];
        for (int i = 0; i < players; i++)
        {
            heard[i] = await page.EvaluateAsync<Heard>(Listen, new { senderIndex = i, windowMs });
        }

        return heard;
    }

    /// <summary>Milliseconds from the call until nothing is heard any more for 400 ms; the 400 ms are not counted.</summary>
    public Task<double> SilentAfterAsync() => page.EvaluateAsync<double>("""
        async () => {
          const start = performance.now();
          let quietSince = start;
          const samples = new Float32Array(8192);
          while (performance.now() - quietSince < 400 && performance.now() - start < 10000) {
            for (const player of document.querySelectorAll('#audio audio')) {
              player.analyser?.getFloatTimeDomainData(samples);
              if (samples.subarray(7168).some((sample) => Math.abs(sample) > 0.005)) {
                quietSince = performance.now();
              }
            }
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
          return quietSince - start;
        }
        """);

    /// <summary>The value of one WebRTC statistic, summed over all reports of a type.</summary>
    public Task<double> StatisticAsync(string type, string name) => page.EvaluateAsync<double>(
        "async ({type, name}) => { let sum = 0; (await calls.client.pc.getStats()).forEach((r) => { if (r.type === type && typeof r[name] === 'number') sum += r[name]; }); return sum; }",
        new { type, name });

    public Task<string> TransportAsync(string name) => page.EvaluateAsync<string>(
        "async (name) => { let found = ''; (await calls.client.pc.getStats()).forEach((r) => { if (r.type === 'transport') found = String(r[name]); }); return found; }",
        name);

    /// <summary>Waits until so many more audio packets have arrived: time that passes by what happens, not by the clock.</summary>
    public async Task AudioPacketsAsync(int count)
    {
        double start = await StatisticAsync("inbound-rtp", "packetsReceived");
        await page.WaitForFunctionAsync(
            "async (until) => { let sum = 0; (await calls.client.pc.getStats()).forEach((r) => { if (r.type === 'inbound-rtp') sum += r.packetsReceived; }); return sum >= until; }",
            start + count,
            new() { PollingInterval = 200 });
    }

    internal sealed record Heard
    {
        public double PitchHz { get; init; }

        public double Loudness { get; init; }
    }
}
