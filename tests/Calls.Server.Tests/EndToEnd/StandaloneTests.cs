using System.Net;
using Calls.Server.Mattermost.Rest;
using Calls.Server.Tests.EndToEnd.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Calls.Server.Tests.EndToEnd;

/// <summary>Pages of a Calls release for the desktop app and the recorder (rest-api.md 3.16, mattermost-integration.md 10.3, 10.5).</summary>
public sealed class StandaloneTests : IDisposable
{
    private const string Desktop = "Mozilla/5.0 (X11; Linux) Mattermost/5.9.0 Chrome/126.0 Electron/31.2.1 Safari/537.36";
    private const string Browser = "Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/139.0";
    private const string Base = "/plugins/com.mattermost.calls/standalone/";

    private readonly string _bundle = Directory.CreateTempSubdirectory("calls-bundle-").FullName;

    public StandaloneTests()
    {
        string pages = Directory.CreateDirectory(Path.Combine(_bundle, "standalone", "dist")).FullName;
        File.WriteAllText(Path.Combine(pages, "widget.html"), "<html><head><script src=\"widget.1234.js\"></script></head></html>");
        File.WriteAllText(Path.Combine(pages, "recording.html"), "<html></html>");
        File.WriteAllText(Path.Combine(pages, "widget.1234.js"), "0123456789");
        File.WriteAllText(Path.Combine(_bundle, "secret.txt"), "no page");
    }

    public void Dispose() => Directory.Delete(_bundle, recursive: true);

    [Fact]
    [Trait("Spec", "rest-api-50")]
    [Trait("Spec", "integration-97")]
    public async Task The_desktop_app_gets_its_widget_and_a_browser_does_not()
    {
        await using CallsSite site = await StartAsync();

        using HttpResponseMessage desktop = await GetAsync(site, "widget.html?call_id=abc&title=t", Desktop);
        Assert.Equal((HttpStatusCode.OK, "text/html"), (desktop.StatusCode, desktop.Content.Headers.ContentType!.ToString()));
        Assert.Equal("widget.html", desktop.RequestMessage!.RequestUri!.Segments[^1]);
        Assert.NotNull(desktop.Headers.ETag);

        using HttpResponseMessage browser = await GetAsync(site, "widget.html?call_id=abc&title=t", Browser);
        Assert.Equal((HttpStatusCode.Forbidden, "Forbidden\n"), (browser.StatusCode, await browser.Content.ReadAsStringAsync()));

        // Mattermost has always taken the Referer away.
        using HttpResponseMessage referred = await GetAsync(site, "widget.html", Browser, ("Referer", site.Url.ToString()));
        Assert.Equal(HttpStatusCode.Forbidden, referred.StatusCode);
    }

    [Fact]
    [Trait("Spec", "rest-api-51")]
    public async Task The_recorder_gets_its_page_without_a_session()
    {
        await using CallsSite site = await StartAsync();

        using HttpResponseMessage recorder = await GetAsync(site, "recording.html?call_id=abc&job_id=def", Browser, ("X-Calls-Recorder", "true"));
        using HttpResponseMessage tests = await GetAsync(site, "recording.html", Browser, ("X-Calls-E2E", "true"));

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (recorder.StatusCode, tests.StatusCode));
    }

    [Fact]
    public async Task Files_have_types_ranges_and_conditions()
    {
        await using CallsSite site = await StartAsync();

        using HttpResponseMessage whole = await GetAsync(site, "widget.1234.js", Desktop);
        using HttpResponseMessage part = await GetAsync(site, "widget.1234.js", Desktop, ("Range", "bytes=2-4"));
        using HttpResponseMessage unchanged = await GetAsync(site, "widget.1234.js", Desktop, ("If-None-Match", whole.Headers.ETag!.ToString()));

        Assert.Equal("text/javascript", whole.Content.Headers.ContentType!.MediaType);
        Assert.Equal((HttpStatusCode.PartialContent, "234"), (part.StatusCode, await part.Content.ReadAsStringAsync()));
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Theory]
    [InlineData("nothing.html")]
    [InlineData("")]
    [InlineData("../../secret.txt")]
    [InlineData("%2e%2e/%2e%2e/secret.txt")]
    public async Task Nothing_else_of_the_bundle_is_served(string path)
    {
        await using CallsSite site = await StartAsync();

        using HttpResponseMessage answer = await GetAsync(site, path, Desktop);

        Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.NotFound, HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized]);
        Assert.DoesNotContain("no page", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_bundle_there_are_no_pages()
    {
        await using CallsSite site = await CallsSite.StartAsync();

        using HttpResponseMessage answer = await GetAsync(site, "widget.html", Desktop);

        Assert.Equal((HttpStatusCode.NotFound, "404 page not found\n"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task Pages_are_led_to_the_plugins_path_where_that_is_the_only_one_routed_here()
    {
        await using CallsSite site = await StartAsync();
        site.Mattermost.SetConfig("ServiceSettings", "WebsocketURL", "wss://chat.example.org/plugins/com.mattermost.calls/");
        await site.WithinAsync(5, () => site.Sidecar.Services.GetRequiredService<SettingsCache>().Current?.WebsocketUrl.Length > 0);

        using HttpResponseMessage page = await GetAsync(site, "widget.html", Desktop);
        using HttpResponseMessage script = await GetAsync(site, "gateway-socket.js", Desktop);

        Assert.StartsWith(
            "<html><head><script src=\"gateway-socket.js\"></script><script src=\"widget.1234.js\">", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("/plugins/com.mattermost.calls/api/v4/websocket", await script.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("text/javascript", script.Content.Headers.ContentType!.MediaType);
    }

    private Task<CallsSite> StartAsync() => CallsSite.StartAsync(configure: options => options with { BundlePath = _bundle });

    private static async Task<HttpResponseMessage> GetAsync(CallsSite site, string path, string agent, params (string Name, string Value)[] headers)
    {
        var options = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(site.Url.GetLeftPart(UriPartial.Authority) + Base + path, options));
        request.Headers.TryAddWithoutValidation("User-Agent", agent);
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await site.SendAsync(request);
    }
}
