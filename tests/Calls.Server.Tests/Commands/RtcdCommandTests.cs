using System.Net;
using System.Text;
using Calls.Rtcd.Protocol;
using Calls.Server.Tests.Rtcd.Testing;

namespace Calls.Server.Tests.Commands;

/// <summary><c>calls rtcd</c> as an operator runs it.</summary>
public sealed class RtcdCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("calls-rtcd-command-").FullName;
    private readonly int _mediaPort = CallsProcess.FreeMediaPort();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    [Trait("Spec", "rtcd-35")]
    public async Task A_signal_ends_it_after_the_last_session_and_the_second_signal_is_swallowed()
    {
        await using CallsProcess rtcd = CallsProcess.Start(_folder, Environment(), "rtcd", "-config", "nowhere.toml");
        string listening = await rtcd.OutputLineAsync("api: server is listening on ");
        var address = new Uri($"http://127.0.0.1:{new Uri(listening[listening.IndexOf("http", StringComparison.Ordinal)..]).Port}");
        await rtcd.OutputLineAsync("rtc: server is listening on udp");
        using var http = new HttpClient();
        using var registration = new StringContent($$"""{"clientID":"clientA","authKey":"{{RtcdSite.KeyA}}"}""", Encoding.UTF8);
        Assert.Equal(HttpStatusCode.Created, (await http.PostAsync(new Uri(address, "/register"), registration)).StatusCode);
        await using RtcdSocket socket = await RtcdSocket.OpenAsync(address, RtcdSite.Basic("clientA", RtcdSite.KeyA));
        await socket.JoinAsync("s1");
        await socket.SyncAsync();

        Task<int> terminated = rtcd.TerminateAsync();
        await rtcd.OutputLineAsync("rtc: sessions ongoing, draining before exiting");
        Task<int> again = rtcd.TerminateAsync();
        await socket.JoinAsync("s2");
        await socket.SyncAsync();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(address, "/version"))).StatusCode);
        await socket.SendAsync(new LeaveMessage("s1"));
        await socket.NextAsync<CloseMessage>(static close => close.SessionId == "s1");
        Assert.False(terminated.IsCompleted);

        await socket.SendAsync(new LeaveMessage("s2"));

        int[] codes = await Task.WhenAll(terminated, again);
        Assert.Equal([0, 0], codes);
        Assert.Contains("config file not found at nowhere.toml, using defaults", rtcd.Errors, StringComparison.Ordinal);
        await socket.EndedAsync();
        Assert.Null(socket.CloseCode); // cut, without a frame
    }

    [Theory]
    [InlineData("RTCD_API_HTTP_TLS_ENABLE", "true", "rtcd: failed to validate config: invalid CertFile value: should not be empty")]
    [InlineData("RTCD_RTC_ICEPORTUDP", "79", "rtcd: failed to validate config: invalid ICEPortUDP value: 79 is not in allowed range [80, 49151]")]
    [InlineData("RTCD_RTC_ICEPORTUDP", "", "rtcd: failed to load config: envconfig.Process: assigning RTCD_RTC_ICEPORTUDP")]
    [InlineData("RTCD_STORE_DATASOURCE", "/proc/nowhere", "rtcd: failed to create service: failed to create store: ")]
    [InlineData("RTCD_RTC_ICEADDRESSUDP", "192.0.2.1", "rtcd: failed to start service: ")]
    [Trait("Spec", "rtcd-36")]
    [Trait("Spec", "rtcd-37")]
    public async Task A_start_that_fails_says_why_and_exits_with_1(string name, string value, string says)
    {
        Dictionary<string, string> environment = Environment();
        environment[name] = value;

        await using CallsProcess rtcd = CallsProcess.Start(_folder, environment, "rtcd");

        Assert.Equal(1, await rtcd.ExitAsync());
        Assert.Contains(says, rtcd.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", rtcd.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_usage_exits_with_1_as_well()
    {
        await using CallsProcess rtcd = CallsProcess.Start(_folder, Environment(), "rtcd", "--sittings", "x");

        Assert.Equal(1, await rtcd.ExitAsync());
    }

    [Fact]
    public async Task The_log_goes_to_the_file_and_warnings_are_in_it()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "rtcd.toml"), "[Logger]\nEnableFile = true\n[logger]\nfile_location = \"out.log\"\n[rtc]\nICEPortUDP = 8045\n");
        Dictionary<string, string> environment = Environment();
        environment.Remove("RTCD_LOGGER_ENABLEFILE");

        await using CallsProcess rtcd = CallsProcess.Start(_folder, environment, "rtcd", "--config", "rtcd.toml");
        await rtcd.OutputLineAsync("rtc: server is listening on udp");
        Assert.Equal(0, await rtcd.TerminateAsync());

        string[] lines = await File.ReadAllLinesAsync(Path.Combine(_folder, "out.log"));
        Assert.All(lines, static line => Assert.StartsWith("{\"timestamp\":", line, StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.Contains("service: starting up", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.Contains("is not rtcd\\u0027s name: use rtc.ice_port_udp", StringComparison.Ordinal));
    }

    private Dictionary<string, string> Environment() => new()
    {
        ["RTCD_API_HTTP_LISTENADDRESS"] = "127.0.0.1:0",
        ["RTCD_API_SECURITY_ALLOWSELFREGISTRATION"] = "true",
        ["RTCD_RTC_ICEADDRESSUDP"] = "127.0.0.1",
        ["RTCD_RTC_ICEPORTUDP"] = $"{_mediaPort}",
        ["RTCD_RTC_ICEPORTTCP"] = $"{_mediaPort}",
        ["RTCD_RTC_ICEADDRESSTCP"] = "127.0.0.1",
        ["RTCD_STORE_DATASOURCE"] = Path.Combine(_folder, "db"),
        ["RTCD_LOGGER_ENABLEFILE"] = "false",
    };
}
