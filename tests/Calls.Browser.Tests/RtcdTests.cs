using System.Text;
using System.Threading.Channels;
using Calls.Rtcd.Protocol;
using Microsoft.Playwright;

namespace Calls.Browser.Tests;

/// <summary>Chromium as a client of <c>calls rtcd</c>: the browser's own WebRTC, signaled over <c>/ws</c> as a plugin does.</summary>
public sealed class RtcdTests : IAsyncLifetime
{
    private const float LimitMs = 30_000;
    private const int VoiceOn = 7;

    // What the web client does, without its user interface.
    private const string Client = """
        async () => {
          const pc = window.pc = new RTCPeerConnection();
          window.pongs = 0;
          const dc = pc.createDataChannel('calls-dc');
          dc.binaryType = 'arraybuffer';
          dc.onmessage = event => { if (event.data instanceof ArrayBuffer && new Uint8Array(event.data).at(-1) === 2) window.pongs++; };
          dc.onopen = () => setInterval(() => dc.readyState === 'open' && dc.send(new Uint8Array([1])), 200);
          pc.onicecandidate = event => event.candidate && window.signal(1, JSON.stringify(event.candidate.toJSON()));
          pc.ontrack = event => {
            const audio = new Audio();
            audio.srcObject = new MediaStream([event.track]);
            audio.play();
          };
          let work = Promise.resolve();
          window.fromServer = json => { work = work.then(async () => {
            const message = JSON.parse(json);
            if (message.type === 'candidate') {
              await pc.addIceCandidate(message.candidate);
            } else if (message.type === 'offer') {
              await pc.setRemoteDescription(message);
              await pc.setLocalDescription();
              await window.signal(2, JSON.stringify(pc.localDescription));
            } else {
              await pc.setRemoteDescription(message);
            }
          }); return work; };
          const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
          pc.addTrack(stream.getAudioTracks()[0], stream);
          await pc.setLocalDescription();
          await window.signal(2, JSON.stringify(pc.localDescription));
        }
        """;

    private const string Hears = """
        async () => {
          for (const report of (await window.pc.getStats()).values()) {
            if (report.type === 'inbound-rtp' && report.packetsReceived > 50 && report.totalAudioEnergy > 0.001) return window.pongs > 3;
          }
          return false;
        }
        """;

    private readonly List<IBrowser> _browsers = [];
    private readonly List<string> _tones = [];
    private readonly TaskCompletionSource _spoke = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IPlaywright? _playwright;
    private RtcdProcess _rtcd = null!;

    public async Task InitializeAsync()
    {
        if (Chromium.Path is null)
        {
            return;
        }

        _rtcd = await RtcdProcess.StartAsync();
        _playwright = await Playwright.CreateAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (IBrowser browser in _browsers)
        {
            await browser.CloseAsync();
        }

        _playwright?.Dispose();
        _tones.ForEach(File.Delete);
        if (_rtcd is not null)
        {
            await _rtcd.DisposeAsync();
        }
    }

    [BrowserFact]
    public async Task Two_browsers_hear_each_other_through_rtcd()
    {
        (IPage alice, _) = await JoinAsync("s1", 600);
        (IPage bob, Task<bool> bobLeft) = await JoinAsync("s2", 1_000);

        await bob.WaitForFunctionAsync(Hears, null, new() { Timeout = LimitMs });
        await alice.WaitForFunctionAsync(Hears, null, new() { Timeout = LimitMs });
        await _spoke.Task.WaitAsync(TimeSpan.FromMilliseconds(LimitMs));

        // A client that hangs up is noticed without a word of its plugin.
        await bob.EvaluateAsync("() => window.pc.close()");
        Assert.True(await bobLeft.WaitAsync(TimeSpan.FromMilliseconds(LimitMs)));
    }

    private async Task<(IPage Page, Task<bool> Closed)> JoinAsync(string session, int toneHz)
    {
        string tone = Path.Combine(Path.GetTempPath(), $"calls-rtcd-{Guid.NewGuid():N}.wav");
        ToneFile.Write(tone, toneHz);
        _tones.Add(tone);
        IBrowser browser = await Chromium.LaunchAsync(_playwright!, tone);
        _browsers.Add(browser);
        IPage page = await browser.NewPageAsync();

        // Any page of loopback may use the microphone.
        await page.GotoAsync($"{_rtcd.Address}version");
        ChannelReader<RtcdMessage> messages = await _rtcd.JoinAsync(session);
        await page.ExposeFunctionAsync("signal", (int type, string json) => _rtcd.SendAsync(new RtcMessage("", "", session, "", type, Encoding.UTF8.GetBytes(json))));
        Task<bool> closed = PassOnAsync(page, messages);
        await page.EvaluateAsync(Client);
        return (page, closed);
    }

    /// <returns>Whether rtcd has closed the session.</returns>
    private async Task<bool> PassOnAsync(IPage page, ChannelReader<RtcdMessage> messages)
    {
        await foreach (RtcdMessage message in messages.ReadAllAsync())
        {
            switch (message)
            {
                case RtcMessage { Type: < VoiceOn } rtc when !page.IsClosed:
                    await page.EvaluateAsync("json => window.fromServer(json)", Encoding.UTF8.GetString(rtc.Data.Span));
                    break;
                case VoiceActivityMessage { Type: VoiceOn }:
                    _spoke.TrySetResult();
                    break;
                case CloseMessage:
                    return true;
            }
        }

        return false;
    }
}
