using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Calls.Server.Commands.Doctor;
using Calls.Server.Configuration;
using Calls.Server.Mattermost;
using Calls.StandIn;

namespace Calls.Server.Tests.Commands;

/// <summary><c>calls doctor</c> on deployments that are well and on those that are not.</summary>
public sealed class DoctorTests : IDisposable
{
    private const string Turnserver = "/usr/bin/turnserver";

    private readonly string _folder = Directory.CreateTempSubdirectory("calls-doctor-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_deployment_that_is_well_passes()
    {
        await using StandInMattermost mattermost = await StandInMattermost.StartAsync(new(), CancellationToken.None);
        mattermost.InstallPlugin("""{ "id": "com.mattermost.calls", "version": "99.0.0", "webapp": { "bundle_path": "main.js" } }""");

        (int code, string output) = await ExamineAsync(Environment(mattermost.Url, mattermost.BotToken));

        Assert.True(code == 0, output);
        Assert.Contains("ok    BotToken: is that of the bot calls, a system administrator\n", output, StringComparison.Ordinal);
        Assert.Contains("ok    Plugin: Mattermost tells clients that Calls is installed\n", output, StringComparison.Ordinal);
        Assert.Contains("ok    Database: SQLite file", output, StringComparison.Ordinal);
        Assert.Matches("ok    UDPServerPort: UDP port \\d+ on 127.0.0.1 is free\n", output);
        Assert.DoesNotContain(mattermost.BotToken, output, StringComparison.Ordinal);
        Assert.DoesNotContain("FAIL", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_said_at_once()
    {
        await using StandInMattermost mattermost = await StandInMattermost.StartAsync(new(), CancellationToken.None);
        mattermost.ReplaceManifestWithServer("1.12.0");
        mattermost.SetConfig("RateLimitSettings", "Enable", true);
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        int port = CallsProcess.FreeMediaPort();
        taken.Bind(new IPEndPoint(IPAddress.Loopback, port));
        Dictionary<string, string> environment = Environment(mattermost.Url, mattermost.LogIn("alice"));
        environment["MM_CALLS_UDP_SERVER_PORT"] = port.ToString(CultureInfo.InvariantCulture);
        environment["MM_CALLS_DATABASE_URL"] = $"sqlite:{_folder}/missing/calls.db";
        environment["MM_CALLS_ICE_SERVERS_CONFIGS"] = """[{"urls":["stun:127.0.0.1:1"]},{"urls":["turn:127.0.0.1:1"]}]""";

        (int code, string output) = await ExamineAsync(environment);

        Assert.Equal(1, code);
        Assert.Contains($"UDPServerPort: UDP port {port} on 127.0.0.1 is taken by ", output, StringComparison.Ordinal);
        Assert.Contains("FAIL  BotToken: belongs to alice, who is no system administrator", output, StringComparison.Ordinal);
        Assert.Contains("FAIL  Database: ", output, StringComparison.Ordinal);
        Assert.Contains("FAIL  stun:127.0.0.1:1: does not answer", output, StringComparison.Ordinal);
        Assert.Contains("FAIL  turn:127.0.0.1:1: needs credentials", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Mattermost_that_is_away_and_settings_that_are_wrong_are_told_apart()
    {
        (int away, string output) = await ExamineAsync(Environment(new Uri("http://127.0.0.1:9"), "token"));
        Assert.Equal(1, away);
        Assert.Contains("FAIL  Mattermost: does not answer at http://127.0.0.1:9/; start it, or correct MattermostURL\n", output, StringComparison.Ordinal);

        await using CallsProcess process = CallsProcess.Start(_folder, new Dictionary<string, string>(), "doctor");
        Assert.Equal(78, await process.ExitAsync());
        Assert.Contains("MattermostURL (not set): is required", process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_taken_port_names_who_has_it()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();

        CheckLine line = PortChecks.Check("HttpListen", (IPEndPoint)taken.LocalEndPoint!, isTcp: true);

        // This very process, whose name says that it could be the service.
        string name = Process.GetCurrentProcess().ProcessName;
        Assert.Contains($"(process {System.Environment.ProcessId})", line.Text, StringComparison.Ordinal);
        Assert.True(line.Level == CheckLevel.Failure || name is "dotnet" or "testhost", line.Text);
    }

    [SkippableTurnFact]
    public async Task A_TURN_server_is_asked_with_the_credentials_that_clients_get()
    {
        int port = CallsProcess.FreeMediaPort();
        using Process turn = Process.Start(new ProcessStartInfo(Turnserver)
        {
            ArgumentList = { "-n", "-L", "127.0.0.1", "-p", $"{port}", "-r", "test", "--use-auth-secret", "--static-auth-secret", "abc", "--no-tls", "--no-dtls", "--no-cli", "--pidfile", Path.Combine(_folder, "turn.pid"), "--log-file", Path.Combine(_folder, "turn.log"), "--simple-log" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var settings = new CallsSettings { ICEServersConfigs = [new([$"turn:127.0.0.1:{port}"]), new([$"stun:127.0.0.1:{port}"])], TURNStaticAuthSecret = "abc" };
            using var limit = new CancellationTokenSource(Mattermost.Testing.Limits.Test);
            CallsSettings answering = settings with { ICEServersConfigs = [settings.ICEServersConfigs[1]] };
            while ((await new IceServerChecks(TimeProvider.System).RunAsync(answering, limit.Token))[0].Level != CheckLevel.Pass)
            {
                // It is starting; a token that runs out ends this.
            }

            IReadOnlyList<CheckLine> right = await new IceServerChecks(TimeProvider.System).RunAsync(settings, CancellationToken.None);
            IReadOnlyList<CheckLine> wrong = await new IceServerChecks(TimeProvider.System).RunAsync(settings with { TURNStaticAuthSecret = "cba" }, CancellationToken.None);

            Assert.Equal([CheckLevel.Pass, CheckLevel.Pass], right.Select(static line => line.Level));
            Assert.Equal("relays with the credentials that clients get", right[0].Text);
            Assert.Equal((CheckLevel.Failure, true), (wrong[0].Level, wrong[0].Text.StartsWith("refuses the credentials with error 401", StringComparison.Ordinal)));
        }
        finally
        {
            turn.Kill();
            await turn.WaitForExitAsync();
        }
    }

    private Dictionary<string, string> Environment(Uri mattermost, string token) => new()
    {
        ["MM_CALLS_HTTP_LISTEN"] = "127.0.0.1:0",
        ["MM_CALLS_ADMIN_LISTEN"] = "127.0.0.1:0",
        ["MM_CALLS_MATTERMOST_URL"] = mattermost.ToString(),
        ["MM_CALLS_BOT_TOKEN"] = token,
        ["MM_CALLS_UDP_SERVER_ADDRESS"] = "127.0.0.1",
        ["MM_CALLS_TCP_SERVER_ADDRESS"] = "127.0.0.1",
        ["MM_CALLS_UDP_SERVER_PORT"] = CallsProcess.FreeMediaPort().ToString(CultureInfo.InvariantCulture),
        ["MM_CALLS_TCP_SERVER_PORT"] = CallsProcess.FreeMediaPort().ToString(CultureInfo.InvariantCulture),
        ["MM_CALLS_ICE_SERVERS_CONFIGS"] = "[]",
    };

    private async Task<(int Code, string Output)> ExamineAsync(Dictionary<string, string> environment)
    {
        await using CallsProcess process = CallsProcess.Start(_folder, environment, "doctor");
        int code = await process.ExitAsync();
        Assert.DoesNotMatch("(?m)^ +at |Exception", process.Errors);
        return (code, process.Output);
    }

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class SkippableTurnFactAttribute : FactAttribute
    {
        public SkippableTurnFactAttribute()
        {
            if (!File.Exists(Turnserver) && System.Environment.GetEnvironmentVariable("CI") != "true")
            {
                Skip = "coturn is not installed";
            }
        }
    }
}
