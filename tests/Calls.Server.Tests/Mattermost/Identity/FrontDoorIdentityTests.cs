using System.Net;
using Calls.Server.Api;
using Calls.Server.Tests.Mattermost.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Calls.Server.Tests.Mattermost.Identity;

public sealed class FrontDoorIdentityTests
{
    [Fact]
    [Trait("Spec", "integration-59")]
    public async Task On_rest_the_header_wins_and_on_the_socket_the_cookie()
    {
        await using GatewayUnderTest gateway = await StartAsync();
        gateway.Mattermost.Tokens["ta"] = "a";
        gateway.Mattermost.Tokens["tb"] = "b";

        Assert.Equal((HttpStatusCode.OK, "a"), await AskAsync(gateway, HttpMethod.Get, "Bearer ta", "tb"));

        using TestClient client = await gateway.DialAsync(token: "tb", configure: static options => options.SetRequestHeader("Authorization", "Bearer ta"));
        ScriptedSocket upstream = await gateway.Mattermost.AcceptAsync();
        await upstream.SendAsync(ScriptedSocket.Hello("c1", "b"));
        await gateway.Clients.NextAsync("connected c1 b");
    }

    [Fact]
    [Trait("Spec", "integration-58")]
    public async Task A_header_that_names_a_user_names_nobody()
    {
        await using GatewayUnderTest gateway = await StartAsync();
        using var http = new HttpClient();
        foreach (string name in new[] { "Mattermost-User-Id", "mattermost_user_id", "MATTERMOST-USER_ID" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Url, "/who"));
            request.Headers.TryAddWithoutValidation(name, "admin");
            using HttpResponseMessage answer = await http.SendAsync(request);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("0", answer.Headers.GetValues("X-Identity-Headers").Single());
        }
    }

    [Fact]
    [Trait("Spec", "integration-60")]
    [Trait("Spec", "integration-61")]
    public async Task A_cookie_alone_does_not_write()
    {
        await using GatewayUnderTest gateway = await StartAsync();
        gateway.Mattermost.Tokens["ta"] = "a";
        bool isStrict = false;
        gateway.Mattermost.Routes["GET /api/v4/config"] = context => ScriptedMattermost.JsonAsync(
            context, 200, new { ServiceSettings = new { SiteURL = "", ExperimentalStrictCSRFEnforcement = isStrict } });
        gateway.Mattermost.Routes["GET /api/v4/users/me/sessions"] = static context => ScriptedMattermost.JsonAsync(
            context, 200, new[] { new { user_id = "a", props = new { csrf = "other" } }, new { user_id = "a", props = new { csrf = "good" } } });
        await gateway.Services.GetRequiredService<Calls.Server.Mattermost.Rest.SettingsReader>().TryReadAsync(CancellationToken.None);
        HttpMethod post = HttpMethod.Post;

        Assert.Equal(HttpStatusCode.OK, (await AskAsync(gateway, HttpMethod.Get, null, "ta")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(gateway, post, null, "ta")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(gateway, post, null, "ta", ("X-CSRF-Token", "bad"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(gateway, post, null, "ta", ("X-CSRF-Token", "good"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(gateway, post, null, "ta", ("X-Requested-With", "XMLHttpRequest"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(gateway, post, "Bearer ta", null)).Status);

        isStrict = true;
        await gateway.Services.GetRequiredService<Calls.Server.Mattermost.Rest.SettingsReader>().TryReadAsync(CancellationToken.None);
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(gateway, post, null, "ta", ("X-Requested-With", "XMLHttpRequest"))).Status);
    }

    [Fact]
    public async Task Not_knowing_is_not_being_logged_out()
    {
        await using GatewayUnderTest gateway = await StartAsync();
        gateway.Mattermost.Tokens["ta"] = "a";
        gateway.Mattermost.Routes["GET /api/v4/users/me/status"] = static context => ScriptedMattermost.JsonAsync(context, 500, new { });

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await AskAsync(gateway, HttpMethod.Get, "Bearer ta", null)).Status);
        gateway.Mattermost.Routes.Clear();
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(gateway, HttpMethod.Get, "Bearer ta", null)).Status);
        await gateway.Mattermost.DisposeAsync();
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(gateway, HttpMethod.Get, "Bearer ta", null)).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await AskAsync(gateway, HttpMethod.Get, "Bearer other", null)).Status);
    }

    [Fact]
    [Trait("Spec", "integration-64")]
    public async Task Validation_leaves_the_session_alone_and_works_without_statuses()
    {
        await using GatewayUnderTest gateway = await StartAsync();
        gateway.Mattermost.Tokens["ta"] = "a";
        for (int asked = 0; asked < 100; asked++)
        {
            Assert.Equal((HttpStatusCode.OK, "a"), await AskAsync(gateway, HttpMethod.Get, "Bearer ta", null));
        }

        gateway.Mattermost.Routes["GET /api/v4/users/me/status"] = static context =>
            ScriptedMattermost.JsonAsync(context, 404, new { id = "api.status.user_not_found.app_error" });
        gateway.Mattermost.Routes["GET /api/v4/users/me/sessions"] = static context => ScriptedMattermost.JsonAsync(context, 200, new[] { new { user_id = "b" } });
        Assert.Equal((HttpStatusCode.OK, "b"), await AskAsync(gateway, HttpMethod.Get, "Bearer tb", null));

        // The bot's own look-up is the only one of the path that touches the session.
        Assert.True(gateway.Mattermost.Requests.Count(static request => request == "GET /api/v4/users/me") <= 1);
        Assert.Equal(2, gateway.Mattermost.Requests.Count(static request => request == "GET /api/v4/users/me/status"));
    }

    private static Task<GatewayUnderTest> StartAsync() => GatewayUnderTest.StartAsync(
        static options => options with { Timings = options.Timings with { FirstRetry = TimeSpan.Zero, SecondRetry = TimeSpan.Zero } },
        map: static app => app.Map("/who", static async (HttpContext context, IServiceProvider services) =>
        {
            RequestIdentity identity = await services.GetRequiredService<IRequestIdentity>().ResolveAsync(context, context.RequestAborted);
            context.Response.Headers["X-Identity-Headers"] =
                context.Request.Headers.Keys.Count(static name => name.StartsWith("mattermost", StringComparison.OrdinalIgnoreCase)).ToString();
            return identity.Status switch
            {
                IdentityStatus.Known => Results.Text(identity.User.Value),
                IdentityStatus.Anonymous => Results.StatusCode(401),
                _ => Results.StatusCode(503),
            };
        }));

    private static async Task<(HttpStatusCode Status, string User)> AskAsync(
        GatewayUnderTest gateway, HttpMethod method, string? authorization, string? cookie, params (string Name, string Value)[] headers)
    {
        using var http = new HttpClient(new HttpClientHandler { UseCookies = false });
        using var request = new HttpRequestMessage(method, new Uri(gateway.Url, "/who"));
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        if (cookie is not null)
        {
            request.Headers.TryAddWithoutValidation("Cookie", $"MMAUTHTOKEN={cookie}");
        }

        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage answer = await http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
