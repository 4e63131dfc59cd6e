using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Calls.Server.Tests.Mattermost.Testing;
using Calls.StandIn;

namespace Calls.Server.Tests.Commands;

/// <summary>The program's help, its demo, and its service while Mattermost is not what it should be.</summary>
public sealed partial class ProgramTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("calls-program-").FullName;
    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("--help", "Example: calls demo")]
    [InlineData("serve --help", "Example: calls serve --settings /etc/calls.json")]
    [InlineData("demo --help", "Example: calls demo --http 127.0.0.1:9000")]
    [InlineData("doctor --help", "Example: calls doctor --settings /etc/calls.json")]
    [InlineData("pack --help", "Example: calls pack --release mattermost-plugin-calls-v1.12.0.tar.gz --output calls.tar.gz")]
    [InlineData("migrate --help", "Example: calls migrate --settings /etc/calls.json")]
    public async Task Help_shows_an_example(string arguments, string example)
    {
        await using CallsProcess process = CallsProcess.Start(_folder, new Dictionary<string, string>(), arguments.Split(' '));

        Assert.Equal(0, await process.ExitAsync());
        Assert.Contains(example, process.Output, StringComparison.Ordinal);
        Assert.Empty(process.Errors);
    }

    [Fact]
    public async Task The_demo_serves_its_page_and_leaves_nothing_when_it_is_asked_to_stop()
    {
        await using CallsProcess process = CallsProcess.Start(
            _folder,
            new Dictionary<string, string> { ["TMPDIR"] = _folder },
            "demo", "--json", "--http", "127.0.0.1:0", "--media-port", "0", "--media-address", "127.0.0.1", "--users", "2");
        JsonElement start = JsonDocument.Parse(await process.OutputLineAsync("{")).RootElement;

        string page = await _http.GetStringAsync(new Uri(start.GetProperty("url").GetString()!));
        Assert.Contains("<html", page, StringComparison.Ordinal);
        Assert.Equal(26, start.GetProperty("channels").GetProperty("town-square").GetString()!.Length);
        Assert.Equal(26, start.GetProperty("users").GetProperty("testuser-1").GetString()!.Length);
        Assert.Equal($"127.0.0.1:{start.GetProperty("mediaPort").GetInt32()}", start.GetProperty("mediaAddresses").EnumerateArray().Single().GetString());

        Assert.Equal(0, await process.TerminateAsync());
        Assert.Empty(process.Errors);
        Assert.Empty(Directory.GetFileSystemEntries(_folder, "calls-demo-*"));
    }

    [Fact]
    public async Task Without_Mattermost_the_service_starts_and_answers_503_until_it_is_there()
    {
        await using StandInMattermost mattermost = await StandInMattermost.StartAsync(new(), CancellationToken.None);
        string token = mattermost.LogIn("alice");
        await mattermost.StopListeningAsync();
        await using CallsProcess process = Serve(mattermost.Url, mattermost.BotToken);
        (Uri gateway, Uri health) = await ReadyAsync(process);

        string warning = await process.ErrorLineAsync("does not answer");
        Assert.Contains($"Mattermost at {mattermost.Url} does not answer; until it does, clients get 503. Correct MattermostURL if it is another.", warning, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Mattermost has not answered yet.\n"), await GetAsync(new Uri(health, "/readyz")));
        Assert.Equal((HttpStatusCode.OK, "ok\n"), await GetAsync(new Uri(health, "/livez")));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync(new Uri(gateway, "/api/v4/users/me"), token)).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync(new Uri(gateway, "/plugins/com.mattermost.calls/channels"), token)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(new Uri(health, "/plugins/com.mattermost.calls/version"))).Status);

        await mattermost.StartListeningAsync();
        await process.ErrorLineAsync("Mattermost answers and knows the bot.");
        await UntilReadyAsync(health);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(new Uri(gateway, "/api/v4/users/me"), token)).Status);
        Assert.Single(process.Errors.Split('\n'), static line => line.Contains("does not answer", StringComparison.Ordinal));
        Assert.DoesNotMatch("(?m)^ +at |Exception", process.Errors);
    }

    [Fact]
    public async Task A_token_that_Mattermost_refuses_is_named_but_not_shown()
    {
        await using StandInMattermost mattermost = await StandInMattermost.StartAsync(new(), CancellationToken.None);
        await using CallsProcess process = Serve(mattermost.Url, "nosuchtokennosuchtokennosu");

        string error = await process.ErrorLineAsync("Mattermost refuses");
        (_, Uri health) = await ReadyAsync(process);

        Assert.Contains("give BotToken one of a bot with the role system_admin.", error, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Mattermost refuses the bot's token.\n"), await GetAsync(new Uri(health, "/readyz")));
        Assert.DoesNotContain("nosuchtoken", process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bot_that_is_no_administrator_is_warned_of()
    {
        await using StandInMattermost mattermost = await StandInMattermost.StartAsync(new(), CancellationToken.None);
        await using CallsProcess process = Serve(mattermost.Url, mattermost.LogIn("alice"));

        Assert.Contains("give it the role system_admin", await process.ErrorLineAsync("is no system administrator"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Settings_saved_in_Mattermost_are_those_of_the_start_even_if_it_answers_late(bool isLate)
    {
        await using StandInMattermost mattermost = await StandInMattermost.StartAsync(new(), CancellationToken.None);
        mattermost.InstallPlugin("""{ "id": "com.mattermost.calls", "version": "99.0.0", "webapp": { "bundle_path": "main.js" } }""");
        mattermost.SetPluginSetting("ICEHostOverride", "192.0.2.7");
        if (isLate)
        {
            await mattermost.StopListeningAsync();
        }

        await using CallsProcess process = Serve(mattermost.Url, mattermost.BotToken);
        if (isLate)
        {
            await process.ErrorLineAsync("does not answer");
            await mattermost.StartListeningAsync();
            Assert.Contains("Starting again with settings saved in Mattermost: ICEHostOverride.", await process.ErrorLineAsync("Starting again"), StringComparison.Ordinal);
        }

        await process.ErrorLineAsync("advertised as 192.0.2.7");
    }

    private CallsProcess Serve(Uri mattermost, string token) => CallsProcess.Start(
        _folder,
        new Dictionary<string, string>
        {
            ["MM_CALLS_HTTP_LISTEN"] = "127.0.0.1:0",
            ["MM_CALLS_ADMIN_LISTEN"] = "127.0.0.1:0",
            ["MM_CALLS_MATTERMOST_URL"] = mattermost.ToString(),
            ["MM_CALLS_BOT_TOKEN"] = token,
            ["MM_CALLS_UDP_SERVER_ADDRESS"] = "127.0.0.1",
            ["MM_CALLS_UDP_SERVER_PORT"] = CallsProcess.FreeMediaPort().ToString(CultureInfo.InvariantCulture),
            ["MM_CALLS_TCP_SERVER_PORT"] = CallsProcess.FreeMediaPort().ToString(CultureInfo.InvariantCulture),
        });

    private static async Task<(Uri Gateway, Uri Health)> ReadyAsync(CallsProcess process)
    {
        MatchCollection addresses = Address().Matches(await process.ErrorLineAsync("Gateway on"));
        return (new Uri(addresses[0].Value), new Uri(addresses[1].Value));
    }

    private async Task UntilReadyAsync(Uri health)
    {
        using var limit = new CancellationTokenSource(Limits.Test);
        while ((await GetAsync(new Uri(health, "/readyz"))).Status != HttpStatusCode.OK)
        {
            Assert.False(limit.IsCancellationRequested, "The service did not become ready.");
        }
    }

    private async Task<(HttpStatusCode Status, string Body)> GetAsync(Uri url, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
        }

        using HttpResponseMessage answer = await _http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    [GeneratedRegex("http://127\\.0\\.0\\.1:[0-9]+")]
    private static partial Regex Address();
}
