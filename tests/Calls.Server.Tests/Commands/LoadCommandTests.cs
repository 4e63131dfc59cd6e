using System.Text.Json.Nodes;

namespace Calls.Server.Tests.Commands;

/// <summary><c>calls load</c> against the two kinds of server there are.</summary>
public sealed class LoadCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("calls-load-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_drives_a_Calls_server_as_users_do()
    {
        await using CallsProcess demo = CallsProcess.Start(_folder, new Dictionary<string, string>(), "demo", "--json", "--http", "127.0.0.1:0", "--media-port", "0", "--media-address", "127.0.0.1");
        JsonObject started = JsonNode.Parse(await demo.OutputLineAsync("\"url\""))!.AsObject();

        JsonObject report = await RunAsync("--url", (string)started["url"]!);

        Assert.Equal((8, 8, 0), ((int)report["sessions"]!, (int)report["sessionsConnected"]!, (int)report["sessionsLost"]!));
    }

    [Fact]
    public async Task It_drives_an_rtcd_over_its_API_and_reads_its_metrics()
    {
        string media = $"{CallsProcess.FreeMediaPort()}";
        await using CallsProcess rtcd = CallsProcess.Start(
            _folder,
            new Dictionary<string, string>
            {
                ["RTCD_API_HTTP_LISTENADDRESS"] = "127.0.0.1:0",
                ["RTCD_API_SECURITY_ALLOWSELFREGISTRATION"] = "true",
                ["RTCD_RTC_ICEADDRESSUDP"] = "127.0.0.1",
                ["RTCD_RTC_ICEPORTUDP"] = media,
                ["RTCD_RTC_ICEADDRESSTCP"] = "127.0.0.1",
                ["RTCD_RTC_ICEPORTTCP"] = media,
                ["RTCD_STORE_DATASOURCE"] = Path.Combine(_folder, "db"),
                ["RTCD_LOGGER_ENABLEFILE"] = "false",
            },
            "rtcd");
        string listening = await rtcd.OutputLineAsync("api: server is listening on ");
        await rtcd.OutputLineAsync("rtc: server is listening on udp");

        JsonObject report = await RunAsync("--rtcd", listening[listening.IndexOf("http", StringComparison.Ordinal)..]);

        Assert.True((double)report["serverCpuMicrosecondsPerPacket"]! > 0, report.ToJsonString());
        Assert.True((double)report["residentKiBPerSession"]! > 0, report.ToJsonString());
        Assert.True((double)report["serverPauseMs"]! >= 0, report.ToJsonString());
        Assert.Equal(0, await rtcd.TerminateAsync()); // its sessions have left, so nothing is drained
    }

    [Theory]
    [InlineData("load", "Give either --url or --rtcd.")]
    [InlineData("load --url http://127.0.0.1:1 --rtcd http://127.0.0.1:1", "Give either --url or --rtcd.")]
    [InlineData("load --rtcd nonsense", "\"nonsense\" is not a URL, such as http://127.0.0.1:8045.")]
    [InlineData("load --rtcd http://127.0.0.1:1 --unmuted 9", "a call has no more speakers than users.")]
    public async Task Wrong_usage_is_named(string arguments, string says)
    {
        await using CallsProcess load = CallsProcess.Start(_folder, new Dictionary<string, string>(), arguments.Split(' '));

        Assert.Equal(2, await load.ExitAsync());
        Assert.Contains(says, load.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--rtcd", "http://127.0.0.1:1/ cannot be used as an rtcd: ")]
    [InlineData("--url", "http://127.0.0.1:1/ does not answer: ")]
    public async Task A_server_that_is_not_there_is_named(string option, string says)
    {
        await using CallsProcess load = CallsProcess.Start(_folder, new Dictionary<string, string>(), "load", option, "http://127.0.0.1:1");

        Assert.Equal(1, await load.ExitAsync());
        Assert.StartsWith(says, load.Errors, StringComparison.Ordinal);
    }

    /// <summary>Two calls of four, two of whom speak and one of whom shares a screen, for a second.</summary>
    private async Task<JsonObject> RunAsync(string option, string url)
    {
        await using CallsProcess load = CallsProcess.Start(
            _folder,
            new Dictionary<string, string>(),
            "load", option, url, "--calls", "2", "--users", "4", "--unmuted", "2", "--screens", "1", "--duration", "1", "--warm-up", "1", "--idle", "1", "--joins", "2", "--json");

        Assert.True(await load.ExitAsync() == 0, load.Errors);
        JsonObject report = JsonNode.Parse(load.Output)!.AsObject();
        Assert.True((long)report["packetsReceived"]! > 500, report.ToJsonString());
        Assert.InRange((double)report["lossPercent"]!, 0, 5);
        Assert.InRange((double)report["joinToAudioP50Ms"]!, 1, 9_000);
        Assert.Empty(load.Errors); // no progress bar where there is no terminal
        return report;
    }
}
