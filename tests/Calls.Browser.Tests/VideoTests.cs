namespace Calls.Browser.Tests;

/// <summary>Screens and cameras on real input: what one browser sends, the others draw.</summary>
public sealed class VideoTests(DemoFixture demo) : IClassFixture<DemoFixture>
{
    private const string Playing = """
        ({selector, frames}) => {
          const video = document.querySelector(selector);
          return video !== null && video.videoWidth > 0 && video.getVideoPlaybackQuality().totalVideoFrames >= frames;
        }
        """;

    [BrowserFact]
    public async Task Screens_and_cameras_are_seen_by_the_others_also_by_who_comes_later()
    {
        DemoPage alice = await demo.OpenAsync("alice", 600);
        DemoPage bob = await demo.OpenAsync("bob", 1_000);
        await alice.JoinAsync();
        await alice.ConnectedAsync();
        await bob.JoinAsync();
        await bob.ConnectedAsync();

        await alice.Page.ClickAsync("#share");
        await SeesAsync(bob, "#screen video");
        await alice.Page.ClickAsync("#camera");
        await SeesAsync(bob, "#cameras video");
        Assert.Equal("alice", await bob.Page.TextContentAsync("#cameras figcaption"));
        Assert.Equal(1, await bob.Page.Locator("#screen video").CountAsync());
        await ScreenshotAsync(bob, "screen-and-camera");

        DemoPage carol = await demo.OpenAsync("carol", 1_500);
        await carol.JoinAsync();
        await carol.ConnectedAsync();
        await SeesAsync(carol, "#screen video");
        await SeesAsync(carol, "#cameras video");

        await alice.Page.ClickAsync("#share");
        await GoneAsync(bob, "#screen video");
        await GoneAsync(carol, "#screen video");
        await SeesMoreAsync(bob, "#cameras video");
        await alice.Page.ClickAsync("#camera");
        await GoneAsync(bob, "#cameras video");

        // The section that alice's screen has left is used again for bob's.
        await bob.Page.ClickAsync("#share");
        await SeesAsync(alice, "#screen video");
        await SeesAsync(carol, "#screen video");
        await bob.Page.ClickAsync("#leave");
        await GoneAsync(carol, "#screen video");
    }

    private static Task SeesAsync(DemoPage page, string selector, int frames = 10) =>
        page.Page.WaitForFunctionAsync(Playing, new { selector, frames });

    private static async Task SeesMoreAsync(DemoPage page, string selector)
    {
        int now = await page.Page.EvaluateAsync<int>("(selector) => document.querySelector(selector).getVideoPlaybackQuality().totalVideoFrames", selector);
        await SeesAsync(page, selector, now + 20);
    }

    private static Task GoneAsync(DemoPage page, string selector) =>
        page.Page.WaitForFunctionAsync("(selector) => document.querySelector(selector) === null", selector);

    private static Task ScreenshotAsync(DemoPage page, string name) => page.Page.ScreenshotAsync(new()
    {
        Path = Path.Combine(AppContext.BaseDirectory, "screenshots", $"{name}.png"),
        FullPage = true,
    });
}
