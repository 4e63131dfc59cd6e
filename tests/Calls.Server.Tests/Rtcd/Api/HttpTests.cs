using System.Net;
using System.Text.Json.Nodes;
using Calls.Server.Tests.Rtcd.Testing;

namespace Calls.Server.Tests.Rtcd.Api;

/// <summary>rtcd's HTTP API as a plugin, an operator and a stranger see it.</summary>
public sealed class HttpTests : IAsyncLifetime
{
    private RtcdSite _site = null!;

    public async Task InitializeAsync() => _site = await RtcdSite.StartAsync();

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    [Trait("Spec", "rtcd-1")]
    public async Task The_version_has_six_keys_and_passes_the_plugins_check()
    {
        using HttpResponseMessage response = await _site.SendAsync(HttpMethod.Get, "/version", null, null);

        Assert.Equal((HttpStatusCode.OK, "application/json"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        JsonObject version = JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();
        Assert.Equal(["buildDate", "buildHash", "buildVersion", "goArch", "goOS", "goVersion"], version.Select(static pair => pair.Key).Order(StringComparer.Ordinal));
        Assert.Matches(@"^v1\.2\.\d+\+[0-9A-Za-z.-]+$", (string)version["buildVersion"]!);
        Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d$", (string)version["buildDate"]!);
    }

    [Theory]
    [InlineData("POST", "/version")]
    [InlineData("GET", "/stats")]
    [InlineData("GET", "/version/")]
    [InlineData("GET", "/")]
    [InlineData("DELETE", "/register")]
    [InlineData("GET", "/calls//sessions/x")]
    [Trait("Spec", "rtcd-2")]
    public async Task Everything_else_is_not_found(string method, string path)
    {
        using HttpResponseMessage response = await _site.SendAsync(new HttpMethod(method), path, null, null);

        if (path.Contains("//", StringComparison.Ordinal))
        {
            Assert.Equal("/calls/sessions/x", response.RequestMessage!.RequestUri!.AbsolutePath); // redirected to the cleaned path
        }

        Assert.Equal((HttpStatusCode.NotFound, "404 page not found\n"), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Equal("text/plain; charset=utf-8", $"{response.Content.Headers.ContentType}");
    }

    [Fact]
    [Trait("Spec", "rtcd-3")]
    public async Task Without_self_registration_a_stranger_is_refused()
    {
        await using RtcdSite closed = await RtcdSite.StartAsync(static options => options with { AllowSelfRegistration = false });
        using HttpResponseMessage response = await closed.SendAsync(HttpMethod.Post, "/register", null, """{"clientID":"clientA","authKey":"x"}""");

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("{\"code\":\"401\",\"error\":\"authentication failed: invalid auth header\"}\n", await response.Content.ReadAsStringAsync());
        Assert.Equal("authentication failed: unauthorized", await ErrorAsync(closed, RtcdSite.Basic("", "wrong")));
        Assert.Equal("authentication failed", await ErrorAsync(closed, RtcdSite.Basic("nobody", "wrong")));

        static async Task<string> ErrorAsync(RtcdSite site, string authorization) =>
            (string)(await site.PostAsync("/register", "{}", authorization)).Answer["error"]!;
    }

    [Fact]
    [Trait("Spec", "rtcd-4")]
    public async Task A_client_registers_itself_once()
    {
        string request = $$"""{"clientID":"clientA","authKey":"{{new string('k', 32)}}","extra":"x"} trailing""";

        using HttpResponseMessage first = await _site.SendAsync(HttpMethod.Post, "/register", null, request);
        Assert.Equal((HttpStatusCode.Created, "{\"clientID\":\"clientA\",\"code\":\"201\"}\n"), (first.StatusCode, await first.Content.ReadAsStringAsync()));

        (HttpStatusCode status, JsonObject answer) = await _site.PostAsync("/register", request);
        Assert.Equal((HttpStatusCode.BadRequest, "registration failed: already registered"), (status, (string?)answer["error"]));
    }

    [Theory]
    [InlineData(31, "registration failed: key not long enough")]
    [InlineData(73, "registration failed: bcrypt: password length exceeds 72 bytes")]
    [Trait("Spec", "rtcd-5")]
    public async Task A_key_has_from_32_to_72_bytes(int length, string error)
    {
        (HttpStatusCode status, JsonObject answer) = await _site.PostAsync("/register", $$"""{"clientID":"clientA","authKey":"{{new string('k', length)}}"}""");

        Assert.Equal((HttpStatusCode.BadRequest, error, "400"), (status, (string?)answer["error"], (string?)answer["code"]));
    }

    [Theory]
    [InlineData("", "EOF")]
    [InlineData("""{"clientID":5}""", "json: cannot unmarshal number into Go value of type string")]
    [InlineData("""{"clientID":""", "invalid JSON")]
    [InlineData("[]", "json: cannot unmarshal value into Go value of type map[string]string")]
    [InlineData("""{"clientID":"","authKey":"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"}""", "registration failed: error: empty key")]
    public async Task A_request_that_cannot_be_used_says_why(string request, string error)
    {
        (HttpStatusCode status, JsonObject answer) = await _site.PostAsync("/register", request);

        Assert.Equal((HttpStatusCode.BadRequest, error), (status, (string?)answer["error"]));
    }

    [Fact]
    public async Task A_request_without_an_end_is_refused_at_its_limit()
    {
        (HttpStatusCode status, JsonObject answer) = await _site.PostAsync("/register", $$"""{"clientID":"{{new string('x', 200_000)}}"}""");

        Assert.Equal((HttpStatusCode.BadRequest, "request body too large"), (status, (string?)answer["error"]));
    }

    [Fact]
    [Trait("Spec", "rtcd-6")]
    public async Task The_administrator_registers_clients_but_creates_no_sessions()
    {
        await using RtcdSite site = await RtcdSite.StartAsync(static options => options with
        {
            AllowSelfRegistration = false,
            EnableAdmin = true,
            AdminSecretKey = RtcdSite.AdminKey,
        });
        string admin = RtcdSite.Basic("", RtcdSite.AdminKey);

        (HttpStatusCode status, _) = await site.PostAsync("/register", $$"""{"clientID":"clientA","authKey":"{{RtcdSite.KeyA}}"}""", admin);
        Assert.Equal(HttpStatusCode.Created, status);

        RtcdSocket socket = site.Own(await RtcdSocket.OpenAsync(site.Address, admin));
        await socket.JoinAsync("s1");
        RtcdSocket ofClient = await site.ConnectAsync();
        await ofClient.JoinAsync("s2");
        await ofClient.SyncAsync();
        Assert.Equal(1, site.Host.Media.SessionCount);
        Assert.Equal((HttpStatusCode.Unauthorized, "unauthorized\n"), await site.GetAsync("/calls/call1/sessions", admin));
    }

    [Fact]
    [Trait("Spec", "rtcd-7")]
    public async Task Unregistering_needs_an_administrator_or_self_registration()
    {
        await _site.RegisterAsync("clientA");
        await _site.StopHostAsync();
        await _site.StartHostAsync(static options => options with { AllowSelfRegistration = false });

        (HttpStatusCode status, JsonObject answer) = await _site.PostAsync("/unregister", """{"clientID":"clientA"}""", RtcdSite.Basic("clientA", RtcdSite.KeyA));

        Assert.Equal((HttpStatusCode.Forbidden, "unregister not enabled"), (status, (string?)answer["error"]));
    }

    [Fact]
    [Trait("Spec", "rtcd-8")]
    public async Task A_client_unregisters_itself_only_and_its_token_ends()
    {
        await _site.RegisterAsync("clientA");
        await _site.RegisterAsync("clientB");
        string token = await LogInAsync("clientA");
        string basic = RtcdSite.Basic("clientA", RtcdSite.KeyA);

        (HttpStatusCode status, JsonObject answer) = await _site.PostAsync("/unregister", """{"clientID":"clientB"}""", basic);
        Assert.Equal((HttpStatusCode.Forbidden, "client id not valid"), (status, (string?)answer["error"]));
        (status, answer) = await _site.PostAsync("/unregister", """{}""", basic);
        Assert.Equal((HttpStatusCode.BadRequest, "client id should not be empty"), (status, (string?)answer["error"]));

        using HttpResponseMessage done = await _site.SendAsync(HttpMethod.Post, "/unregister", basic, """{"clientID":"clientA"}""");
        Assert.Equal((HttpStatusCode.OK, "{\"code\":\"200\"}\n"), (done.StatusCode, await done.Content.ReadAsStringAsync()));
        Assert.Equal(HttpStatusCode.Unauthorized, (await _site.GetAsync("/calls/c/sessions", $"Bearer {token}")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _site.GetAsync("/calls/c/sessions", basic)).Status);
    }

    [Fact]
    [Trait("Spec", "rtcd-9")]
    public async Task A_new_log_in_ends_the_token_before_and_time_ends_every_one()
    {
        await _site.RegisterAsync("clientA");
        string first = await LogInAsync("clientA");
        string second = await LogInAsync("clientA");

        Assert.Matches("^[A-Za-z0-9_-]{32}$", second);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _site.GetAsync("/calls/c/sessions", $"Bearer {first}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _site.GetAsync("/calls/c/sessions", $"Bearer {second}")).Status);

        _site.Time.Advance(TimeSpan.FromMinutes(1440));
        Assert.Equal(HttpStatusCode.Unauthorized, (await _site.GetAsync("/calls/c/sessions", $"Bearer {second}")).Status);
    }

    [Theory]
    [InlineData("clientA", "login failed: authentication failed")]
    [InlineData("nobody", "login failed: authentication failed: error: not found")]
    [InlineData("", "login failed: authentication failed: error: empty key")]
    [Trait("Spec", "rtcd-10")]
    public async Task A_wrong_key_is_a_bad_request(string clientId, string error)
    {
        await _site.RegisterAsync("clientA");

        (HttpStatusCode status, JsonObject answer) = await _site.PostAsync("/login", $$"""{"clientID":"{{clientId}}","authKey":"wrong"}""");

        Assert.Equal((HttpStatusCode.BadRequest, error, "400"), (status, (string?)answer["error"], (string?)answer["code"]));
    }

    [Fact]
    [Trait("Spec", "rtcd-22")]
    public async Task Without_sessions_a_call_is_not_found()
    {
        await _site.RegisterAsync("clientA");

        Assert.Equal((HttpStatusCode.Unauthorized, "unauthorized\n"), await _site.GetAsync("/calls/c/sessions"));
        Assert.Equal((HttpStatusCode.NotFound, "failed to get session configs: group not found\n"), await _site.GetAsync("/calls/c/sessions", RtcdSite.Basic("clientA", RtcdSite.KeyA)));
        Assert.Equal((HttpStatusCode.NotFound, "failed to get session config: group not found\n"), await _site.GetAsync("/calls/c/sessions/s", RtcdSite.Basic("clientA", RtcdSite.KeyA)));
    }

    [Fact]
    public async Task Registrations_survive_a_restart_and_the_store_is_nobody_elses()
    {
        await _site.RegisterAsync("clientA");
        await _site.StopHostAsync();
        await _site.StartHostAsync();

        RtcdSocket socket = await _site.ConnectAsync();
        Assert.Equal("clientA", socket.Hello.ClientId);
    }

    private async Task<string> LogInAsync(string clientId)
    {
        (HttpStatusCode status, JsonObject answer) = await _site.PostAsync("/login", $$"""{"clientID":"{{clientId}}","authKey":"{{RtcdSite.KeyA}}"}""");
        Assert.Equal(HttpStatusCode.OK, status);
        return (string)answer["bearerToken"]!;
    }
}
