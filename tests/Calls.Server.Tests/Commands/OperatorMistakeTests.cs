using System.Net;
using System.Net.Sockets;

namespace Calls.Server.Tests.Commands;

/// <summary>What an operator meets: a sentence, an exit code, never a stack trace.</summary>
public sealed class OperatorMistakeTests
{
    private static readonly string[] Demo = ["demo", "--http", "127.0.0.1:0", "--media-address", "127.0.0.1", "--media-port", "0"];

    [Theory]
    [InlineData("--nonsense", "--nonsense")]
    [InlineData("demo --http nowhere", "\"nowhere\" is not an address with a port")]
    [InlineData("demo --media-address here", "\"here\" is not an IP address")]
    [InlineData("demo --media-port 70000", "--media-port takes a port number")]
    public async Task Wrong_usage_ends_with_2_and_says_what_is_wrong(string arguments, string sentence)
    {
        string error = await FailAsync(2, arguments.Split(' '));

        Assert.Contains(sentence, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("demo --help")]
    [InlineData("serve --help")]
    public async Task Help_shows_an_example(string arguments)
    {
        (int code, string output, string error) = await CallsProcess.RunAsync(arguments.Split(' '));

        Assert.Equal((0, ""), (code, error));
        Assert.Contains("Example: calls ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_taken_media_port_is_named()
    {
        using var taken = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        string port = $"{((IPEndPoint)taken.Client.LocalEndPoint!).Port}";

        string error = await FailAsync(1, [.. Demo, "--media-port", port], skip: "--media-port");

        Assert.Contains(port, error, StringComparison.Ordinal);
        AssertOneSentence(error);
    }

    [Fact]
    public async Task A_taken_HTTP_port_is_named()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;

        string error = await FailAsync(1, [.. Demo, "--http", $"127.0.0.1:{port}"], skip: "--http");

        Assert.Contains($"TCP port {port} on 127.0.0.1 is taken by another program", error, StringComparison.Ordinal);
        AssertOneSentence(error);
    }

    [Fact]
    public async Task A_media_address_of_another_machine_is_named()
    {
        string error = await FailAsync(1, [.. Demo, "--media-address", "203.0.113.9"], skip: "--media-address");

        Assert.Contains("203.0.113.9", error, StringComparison.Ordinal);
        AssertOneSentence(error);
    }

    [Fact]
    public async Task Serving_without_settings_names_all_that_is_missing()
    {
        string error = await FailAsync(78, ["serve"]);

        Assert.Equal(["MattermostURL", "BotToken"], error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' ')[0]));
    }

    [Fact]
    public async Task A_settings_file_that_is_not_there_is_named()
    {
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

        string error = await FailAsync(78, ["serve", "--settings", file]);

        Assert.Contains(file, error, StringComparison.Ordinal);
        AssertOneSentence(error);
    }

    [Fact]
    public async Task Malformed_settings_are_told_with_their_line()
    {
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "{\n  \"BotToken\" \"secret-token\"\n}");

            string error = await FailAsync(78, ["serve", "--settings", file]);

            Assert.Contains("line 2", error, StringComparison.Ordinal);
            Assert.DoesNotContain("secret-token", error, StringComparison.Ordinal);
            AssertOneSentence(error);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_database_that_cannot_be_written_is_named()
    {
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName(), "calls.db");

        (int code, _, string error) = await CallsProcess.RunAsync(
            ["serve"],
            ("MM_CALLS_MATTERMOST_URL", "http://127.0.0.1:9"),
            ("MM_CALLS_BOT_TOKEN", "token"),
            ("MM_CALLS_DATABASE_URL", $"sqlite:{file}"),
            ("MM_CALLS_HTTP_LISTEN", "127.0.0.1:0"),
            ("MM_CALLS_ADMIN_LISTEN", $"127.0.0.1:{CallsProcess.FreePort(ProtocolType.Tcp)}"),
            ("MM_CALLS_UDP_SERVER_ADDRESS", "127.0.0.1"),
            ("MM_CALLS_UDP_SERVER_PORT", $"{CallsProcess.FreePort(ProtocolType.Udp)}"));

        Assert.Equal((1, true), (code, error.Contains(file, StringComparison.Ordinal)));
        AssertOneSentence(error);
    }

    private static async Task<string> FailAsync(int code, string[] arguments, string? skip = null)
    {
        if (skip is not null && Array.IndexOf(arguments, skip) is var first and >= 0)
        {
            arguments = [.. arguments[..first], .. arguments[(first + 2)..]];
        }

        (int actual, string output, string error) = await CallsProcess.RunAsync(arguments);

        Assert.True(actual == code, $"Ended with {actual} instead of {code}: {error}");
        Assert.Equal("", output);
        Assert.NotEqual("", error);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        return error;
    }

    private static void AssertOneSentence(string error)
    {
        Assert.DoesNotContain("Exception", error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
