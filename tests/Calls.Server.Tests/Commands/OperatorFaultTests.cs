using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Calls.Server.Tests.Persistence.Testing;

namespace Calls.Server.Tests.Commands;

/// <summary>What an operator can get wrong: each ends with what to do, in the exit code of its kind, and never with a stack trace.</summary>
public sealed class OperatorFaultTests : IDisposable
{
    private const int Failed = 1;
    private const int WrongUsage = 2;
    private const int InvalidConfiguration = 78;

    private readonly string _folder = Directory.CreateTempSubdirectory("calls-operator-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("serve --sittings x", "'--sittings'")]
    [InlineData("serv", "'serv'")]
    [InlineData("serve --settings", "'--settings'")]
    [InlineData("demo --http nonsense", "\"nonsense\" is not an address with a port, such as 127.0.0.1:8065.")]
    [InlineData("demo --http 127.0.0.1", "\"127.0.0.1\" is not an address with a port")]
    [InlineData("demo --media-address here", "\"here\" is not an IP address, such as 192.0.2.10.")]
    [InlineData("demo --media-port 70000", "--media-port takes a port number, or 0 for a free one.")]
    [InlineData("demo --users -1", "--users takes a number from 0 to 100000.")]
    public async Task Wrong_usage_is_named(string arguments, string says)
    {
        string errors = await FailAsync(WrongUsage, [], arguments.Split(' '));

        Assert.Contains(says, errors, StringComparison.Ordinal);
        Assert.EndsWith("calls --help tells what is known.\n", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_settings_file_that_is_not_there_is_named()
    {
        string errors = await FailAsync(InvalidConfiguration, [], "serve", "--settings", "nowhere.json");

        Assert.Equal("--settings (command line) is \"nowhere.json\": the file cannot be read\n", errors);
    }

    [Fact]
    public async Task A_settings_file_that_is_no_JSON_is_named_with_the_line()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "calls.json"), "{\n  \"HttpListen\": \"127.0.0.1:0\"\n  \"BotToken\": \"secret\"\n}");

        string errors = await FailAsync(InvalidConfiguration, [], "serve");

        Assert.Equal("calls.json (settings file): is not valid JSON (line 3)\n", errors);
    }

    [Fact]
    public async Task All_faults_of_the_settings_are_listed_at_once()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "mine.json"),
            """{ "Colour": "red", "HttpListen": "nowhere", "BotTokenFile": "nofile", "PluginSettings": { "Plugins": { "com.mattermost.calls": { "udpserverport": 7 } } } }""");

        string errors = await FailAsync(
            InvalidConfiguration,
            new() { ["MM_CALLS_DATABASE_URL"] = "mysql://calls:hunter2@db/calls", ["MM_CALLS_UDP_SERVER_ADDRESS"] = "here" },
            "--settings",
            "mine.json");

        string[] lines = errors.TrimEnd('\n').Split('\n');
        Assert.Equal(7, lines.Length);
        Assert.Contains(lines, static line => line.StartsWith("Colour (settings file): is not a setting; known are ", StringComparison.Ordinal));
        Assert.Contains("HttpListen (settings file) is \"nowhere\": addresses with ports are expected, such as 127.0.0.1:8066", lines);
        Assert.Contains("BotTokenFile (settings file) is \"nofile\": the file cannot be read", lines);
        Assert.Contains("MattermostURL (not set): is required: the internal base URL of Mattermost, such as http://127.0.0.1:8065", lines);
        Assert.Contains("DatabaseURL (environment) is \"********\": sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/DATABASE is expected", lines);
        Assert.Contains("UDPServerAddress (environment): UDPServerAddress parsing failed", lines);
        Assert.Contains("UDPServerPort (settings file): UDPServerPort is not valid: 7 is not in allowed range [80, 49151]", lines);
    }

    [Fact]
    public async Task Without_Mattermost_and_token_both_are_asked_for()
    {
        string errors = await FailAsync(InvalidConfiguration, []);

        string[] lines = errors.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("MattermostURL (not set): is required: ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("BotToken (not set): is required: ", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Spec", "configuration-33")]
    public async Task A_service_that_is_switched_off_does_not_start()
    {
        string errors = await FailAsync(InvalidConfiguration, Environment(("MM_CALLS_DISABLE", "true")), "serve");

        Assert.Equal("MM_CALLS_DISABLE (environment) is \"true\": disabled by environment flag\n", errors);
    }

    [Fact]
    public async Task A_taken_gateway_port_is_named_with_its_setting()
    {
        using Socket taken = Listen();
        string endpoint = taken.LocalEndPoint!.ToString()!;

        string served = await FailAsync(Failed, Environment(("MM_CALLS_HTTP_LISTEN", endpoint)), "serve");
        string shown = await FailAsync(Failed, [], "demo", "--http", endpoint, "--media-port", "0", "--media-address", "127.0.0.1");

        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        Assert.Equal($"TCP port {port} on 127.0.0.1 is taken by another program; stop it or choose another port with HttpListen.\n", served);
        Assert.Equal($"TCP port {port} on 127.0.0.1 is taken by another program; stop it or choose another port with --http.\n", shown);
    }

    [Fact]
    public async Task A_taken_operators_port_is_named_with_its_setting()
    {
        using Socket taken = Listen();

        string errors = await FailAsync(Failed, Environment(("MM_CALLS_ADMIN_LISTEN", taken.LocalEndPoint!.ToString()!)), "serve");

        Assert.Equal($"TCP port {((IPEndPoint)taken.LocalEndPoint!).Port} on 127.0.0.1 is taken by another program; stop it or choose another port with AdminListen.\n", errors);
    }

    [Fact]
    public async Task A_taken_port_of_the_stand_in_is_named_with_its_option()
    {
        using Socket taken = Listen();

        string errors = await FailAsync(Failed, [], "demo", "--http", "127.0.0.1:0", "--mattermost", taken.LocalEndPoint!.ToString()!, "--media-port", "0", "--media-address", "127.0.0.1");

        Assert.Equal($"TCP port {((IPEndPoint)taken.LocalEndPoint!).Port} on 127.0.0.1 is taken by another program; stop it or choose another port with --mattermost.\n", errors);
    }

    [Fact]
    public async Task An_address_of_another_machine_is_named()
    {
        string errors = await FailAsync(Failed, Environment(("MM_CALLS_HTTP_LISTEN", "192.0.2.77:8066")), "serve");

        Assert.Equal("192.0.2.77 is not an address of this machine; correct HttpListen.\n", errors);
    }

    [Fact]
    public async Task One_address_for_users_and_the_operator_is_refused()
    {
        string errors = await FailAsync(
            InvalidConfiguration, Environment(("MM_CALLS_HTTP_LISTEN", "127.0.0.1:8066"), ("MM_CALLS_ADMIN_LISTEN", "127.0.0.1:8066")), "serve");

        Assert.Equal("AdminListen (environment) is \"127.0.0.1:8066\": an address other than those of HttpListen is expected\n", errors);
    }

    [Fact]
    public async Task A_taken_media_port_is_named()
    {
        int port = CallsProcess.FreeMediaPort();
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, port));

        string errors = await FailAsync(Failed, Environment(("MM_CALLS_UDP_SERVER_PORT", port.ToString(CultureInfo.InvariantCulture))), "serve");

        Assert.Equal($"failed to create UDP connections: UDP port {port} on 127.0.0.1 is taken by another program (address already in use); stop it or choose another port\n", errors);
    }

    [Fact]
    public async Task A_media_address_of_another_machine_is_named()
    {
        string errors = await FailAsync(Failed, Environment(("MM_CALLS_UDP_SERVER_ADDRESS", "192.0.2.77")), "serve");

        Assert.Equal("none of 192.0.2.77 is an address of this machine; give one that is, or none to use them all\n", errors);
    }

    [Theory]
    [InlineData("missing/calls.db", "cannot be opened: its folder must exist, and this user must be able to write there; correct DatabaseURL.")]
    [InlineData(".", "cannot be opened: its folder must exist, and this user must be able to write there; correct DatabaseURL.")]
    [InlineData("text.db", "is not a SQLite database; choose another file with DatabaseURL.")]
    public async Task A_database_file_that_cannot_be_used_is_named(string file, string says)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "text.db"), new string('x', 4096));

        string errors = await FailAsync(Failed, Environment(("MM_CALLS_DATABASE_URL", $"sqlite:{file}")), "serve");

        Assert.Equal($"The database {file} {says}\n", errors);
    }

    [Fact]
    public async Task A_PostgreSQL_that_is_not_there_is_named()
    {
        int port = FreePort();

        string errors = await FailAsync(Failed, Environment(("MM_CALLS_DATABASE_URL", $"postgres://calls:hunter2@127.0.0.1:{port}/calls")), "serve");

        Assert.Equal($"PostgreSQL at 127.0.0.1:{port} does not answer; start it or correct DatabaseURL.\n", errors);
    }

    [PostgresFact]
    public async Task A_PostgreSQL_that_cannot_be_used_is_named()
    {
        PostgresServer server = await PostgresServer.Shared;
        await server.ExecuteAsync("postgres", "DROP ROLE IF EXISTS guarded; CREATE ROLE guarded LOGIN PASSWORD 'the right one'");
        string url = await server.CreateDatabaseAsync();
        (string database, string folder) = (PostgresServer.Parse(url).Database, PostgresServer.Parse(url).Server);

        Assert.Equal(
            $"PostgreSQL at {folder} refuses the password of user guarded; correct DatabaseURL.\n",
            await MigrateAsync(url.Replace("//calls@", "//guarded:hunter2@", StringComparison.Ordinal)));
        Assert.StartsWith(
            $"User guarded may not make or change tables in the database {database} (permission denied for schema public)",
            await MigrateAsync(url.Replace("//calls@", "//guarded:the%20right%20one@", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        Assert.Equal(
            $"PostgreSQL at {folder} has no database nowhere; create it (createdb -O calls nowhere) or correct DatabaseURL.\n",
            await MigrateAsync(server.UrlOf("nowhere")));

        async Task<string> MigrateAsync(string databaseUrl)
        {
            string errors = await FailAsync(Failed, new() { ["MM_CALLS_DATABASE_URL"] = databaseUrl }, "migrate");
            Assert.DoesNotContain("hunter2", errors, StringComparison.Ordinal);
            Assert.DoesNotContain("right one", errors, StringComparison.Ordinal);
            return errors;
        }
    }

    [Fact]
    public async Task A_missing_OpenSSL_is_named_with_the_way_to_install_it()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // What the loader finds first is no library: as if there were none.
        foreach (string library in (string[])["ssl", "crypto"])
        {
            foreach (string suffix in (string[])["so", "so.3", "so.1.1"])
            {
                await File.WriteAllTextAsync(Path.Combine(_folder, $"lib{library}.{suffix}"), "not a library");
            }
        }

        Dictionary<string, string> environment = Environment(("LD_LIBRARY_PATH", _folder));
        string served = await FailAsync(Failed, environment, "serve");
        string shown = await FailAsync(Failed, environment, "demo");

        Assert.StartsWith("OpenSSL 3 was not found (libssl.so.3 with libcrypto.so.3); WebRTC needs it for DTLS. Install it: Debian and Ubuntu", served, StringComparison.Ordinal);
        Assert.Equal(served, shown);
    }

    private Dictionary<string, string> Environment(params (string Name, string Value)[] changed)
    {
        var environment = new Dictionary<string, string>
        {
            ["MM_CALLS_HTTP_LISTEN"] = "127.0.0.1:0",
            ["MM_CALLS_ADMIN_LISTEN"] = "127.0.0.1:0",
            ["MM_CALLS_MATTERMOST_URL"] = "http://127.0.0.1:9",
            ["MM_CALLS_BOT_TOKEN"] = "a-bots-token",
            ["MM_CALLS_LOG_LEVEL"] = "error",
            ["MM_CALLS_UDP_SERVER_ADDRESS"] = "127.0.0.1",
            ["MM_CALLS_UDP_SERVER_PORT"] = CallsProcess.FreeMediaPort().ToString(CultureInfo.InvariantCulture),
            ["MM_CALLS_TCP_SERVER_PORT"] = CallsProcess.FreeMediaPort().ToString(CultureInfo.InvariantCulture),
        };
        foreach ((string name, string value) in changed)
        {
            environment[name] = value;
        }

        return environment;
    }

    private async Task<string> FailAsync(int code, Dictionary<string, string> environment, params string[] arguments)
    {
        await using CallsProcess process = CallsProcess.Start(_folder, environment, arguments);
        int actual = await process.ExitAsync();
        Assert.True(actual == code, $"{actual} instead of {code}: {process.Errors}");
        Assert.DoesNotMatch("(?m)^ +at |Exception|a-bots-token", process.Errors);
        Assert.Empty(process.Output);
        return process.Errors;
    }

    private static int FreePort()
    {
        using Socket socket = Listen();
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }
}
