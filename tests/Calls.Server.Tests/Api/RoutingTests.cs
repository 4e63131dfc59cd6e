using System.Text.Json;
using Calls.Domain;
using Calls.Server.Api;

namespace Calls.Server.Tests.Api;

public sealed class RoutingTests
{
    [Fact]
    [Trait("Spec", "rest-api-1")]
    public async Task Anybody_may_ask_for_the_version()
    {
        await using ApiHost api = await ApiHost.StartAsync();

        using HttpResponseMessage response = await api.GetAsync("/version", user: null);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.GetValues("Content-Type").Single());
        string body = await response.Content.ReadAsStringAsync();
        Assert.EndsWith("\n", body, StringComparison.Ordinal);
        using JsonDocument version = JsonDocument.Parse(body);
        Assert.Equal("1.12.0", version.RootElement.GetProperty("version").GetString());
        Assert.NotEqual("", version.RootElement.GetProperty("build").GetString());
        Assert.False(version.RootElement.TryGetProperty("rtcd_version", out _));
    }

    [Fact]
    [Trait("Spec", "rest-api-2")]
    public async Task Without_credentials_the_answer_is_401_as_plain_text()
    {
        await using ApiHost api = await ApiHost.StartAsync();

        using HttpResponseMessage response = await api.GetAsync("/config", user: null);

        Assert.Equal(401, (int)response.StatusCode);
        Assert.Equal("text/plain; charset=utf-8", response.Content.Headers.GetValues("Content-Type").Single());
        Assert.Equal("Unauthorized\n", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task When_Mattermost_cannot_be_asked_the_answer_is_503_and_never_401()
    {
        await using ApiHost api = await ApiHost.StartAsync();

        Assert.Equal(503, (int)(await api.GetAsync("/config", FakeIdentity.Undecided)).StatusCode);
        Assert.Equal(200, (int)(await api.GetAsync("/version", FakeIdentity.Undecided)).StatusCode);
    }

    [Theory]
    [InlineData("/no-such-route")]
    [InlineData("/config/")]
    [InlineData("/abcdefghijklmnopqrstuvwxy")]
    [InlineData("/abcdefghijklmnopqrstuvwxyzz")]
    [InlineData("/ABCDEFGHIJKLMNOPQRSTUVWXYZ")]
    [InlineData("")]
    [Trait("Spec", "rest-api-3")]
    [Trait("Spec", "rest-api-5")]
    public async Task What_matches_no_route_is_404_for_everybody(string path)
    {
        await using ApiHost api = await ApiHost.StartAsync();

        using HttpResponseMessage response = await api.GetAsync(path, user: null);

        Assert.Equal(404, (int)response.StatusCode);
        Assert.Equal("404 page not found\n", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("POST", "/config")]
    [InlineData("HEAD", "/config")]
    [InlineData("GET", "/calls/abcdefghijklmnopqrstuvwxyz/end")]
    [Trait("Spec", "rest-api-4")]
    public async Task A_wrong_method_is_405_with_an_empty_body(string method, string path)
    {
        await using ApiHost api = await ApiHost.StartAsync();

        using HttpResponseMessage response = await api.SendAsync(new HttpMethod(method), path, user: null);

        Assert.Equal(405, (int)response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Double_slashes_are_redirected_and_public_files_passed_on()
    {
        await using ApiHost api = await ApiHost.StartAsync();

        using HttpResponseMessage redirected = await api.GetAsync("//config?a=b", "alice");
        Assert.Equal(301, (int)redirected.StatusCode);
        Assert.Equal("/plugins/com.mattermost.calls/config?a=b", redirected.Headers.Location!.OriginalString);

        using HttpResponseMessage passed = await api.GetAsync("/public/icon.svg", user: null);
        Assert.Equal("passed on", await passed.Content.ReadAsStringAsync());
    }

    [Fact]
    [Trait("Spec", "rest-api-10")]
    [Trait("Spec", "rest-api-11")]
    public async Task A_user_has_ten_requests_and_one_more_each_second()
    {
        await using ApiHost api = await ApiHost.StartAsync();
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(200, (int)(await api.GetAsync(i % 2 == 0 ? "/version" : "/config", "alice")).StatusCode);
        }

        using HttpResponseMessage limited = await api.GetAsync("/config", "alice");
        Assert.Equal(429, (int)limited.StatusCode);
        Assert.Equal("text/plain; charset=utf-8", limited.Content.Headers.GetValues("Content-Type").Single());
        Assert.Equal("{\"message\": \"too many requests\", \"status_code\": 429}\n", await limited.Content.ReadAsStringAsync());
        Assert.Equal(200, (int)(await api.GetAsync("/config", "bob")).StatusCode);
        Assert.Equal(200, (int)(await api.GetAsync("/version", user: null)).StatusCode);

        api.Calls.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(200, (int)(await api.GetAsync("/config", "alice")).StatusCode);
        Assert.Equal(429, (int)(await api.GetAsync("/config", "alice")).StatusCode);
    }

    [Fact]
    public void Users_who_have_been_quiet_are_forgotten()
    {
        ManualTime time = new();
        UserRateLimits limits = new(time);
        for (int i = 0; i <= UserRateLimits.SweepAt; i++)
        {
            limits.TryTake(new UserId($"user{i}"));
        }

        time.Advance(TimeSpan.FromSeconds(2));
        limits.TryTake(new UserId("one more"));

        Assert.Equal(1, limits.Count);
    }
}
