using Microsoft.Playwright;

namespace Calls.Browser.Tests.Interop;

/// <summary>A page in a Chromium of its own.</summary>
internal sealed class ChromiumPage : IBrowserPage
{
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly IPage _page;

    private ChromiumPage(IPlaywright playwright, IBrowser browser, IPage page) => (_playwright, _browser, _page) = (playwright, browser, page);

    public static async Task<ChromiumPage> LaunchAsync()
    {
        IPlaywright playwright = await Playwright.CreateAsync();
        IBrowser browser = await Chromium.LaunchAsync(playwright);
        return new(playwright, browser, await browser.NewPageAsync());
    }

    public Task OpenAsync(Uri url) => _page.GotoAsync(url.ToString());

    public Task<string> EvaluateAsync(string expression) => _page.EvaluateAsync<string>(expression);

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
