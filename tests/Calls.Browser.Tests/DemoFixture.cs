using Microsoft.Playwright;

namespace Calls.Browser.Tests;

/// <summary>One demo, and three browsers with microphones of different pitch.</summary>
public sealed class DemoFixture : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("calls-tones-").FullName;
    private readonly List<IBrowser> _browsers = [];
    private IPlaywright? _playwright;
    private DemoProcess? _demo;

    public Uri Url => _demo!.Url;

    public async Task InitializeAsync()
    {
        if (Chromium.Path is null)
        {
            return;
        }

        _demo = await DemoProcess.StartAsync();
        _playwright = await Playwright.CreateAsync();
    }

    /// <summary>Opens the demo page as a user whose microphone plays a tone.</summary>
    internal async Task<DemoPage> OpenAsync(string user, int toneHz)
    {
        string microphone = Path.Combine(_folder, $"{toneHz}.wav");
        ToneFile.Write(microphone, toneHz);
        IBrowser browser = await Chromium.LaunchAsync(_playwright!, microphone);
        _browsers.Add(browser);
        IBrowserContext context = await browser.NewContextAsync();
        return await DemoPage.LogInAsync(await context.NewPageAsync(), Url, user);
    }

    public async Task DisposeAsync()
    {
        foreach (IBrowser browser in _browsers)
        {
            await browser.DisposeAsync();
        }

        _playwright?.Dispose();
        if (_demo is not null)
        {
            await _demo.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
