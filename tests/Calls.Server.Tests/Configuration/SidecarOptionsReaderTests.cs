using Calls.Server.Configuration;

namespace Calls.Server.Tests.Configuration;

public sealed class SidecarOptionsReaderTests
{
    [Theory]
    [InlineData("UDPServerPort", "MM_CALLS_UDP_SERVER_PORT")]
    [InlineData("EnableDCSignaling", "MM_CALLS_ENABLE_DC_SIGNALING")]
    [InlineData("EnableAV1", "MM_CALLS_ENABLE_AV1")]
    [InlineData("EnableIPv6", "MM_CALLS_ENABLE_I_PV6")]
    [InlineData("MattermostURL", "MM_CALLS_MATTERMOST_URL")]
    [InlineData("ICEHostPortOverride", "MM_CALLS_ICE_HOST_PORT_OVERRIDE")]
    public void The_name_of_a_variable_follows_from_the_key(string key, string variable) =>
        Assert.Equal(variable, SettingSources.EnvironmentName(key));

    [Fact]
    public void Command_line_wins_over_environment_and_environment_over_file()
    {
        const string File = """{ "NodeName": "from-file", "HttpListen": "127.0.0.1:1", "SiteURL": "https://file.example" } // a comment""";

        SidecarOptions options = Read(
            File,
            commandLine: new() { ["NodeName"] = "from-command-line" },
            environment: new() { ["MM_CALLS_NODE_NAME"] = "from-environment", ["MM_CALLS_HTTP_LISTEN"] = "127.0.0.1:2" });

        Assert.Equal("from-command-line", options.NodeName);
        Assert.Equal(2, options.HttpListen.Single().Port);
        Assert.Equal("https://file.example/", options.SiteUrl?.ToString());
    }

    [Fact]
    public void Every_fault_is_listed_with_key_origin_and_what_is_allowed()
    {
        const string File = """{ "HttpListen": "nowhere", "LogLevel": "loud", "Colour": "red" }""";

        ConfigurationException refused = Assert.Throws<ConfigurationException>(() => Read(File, environment: new() { ["MM_CALLS_DTLS_ROLE"] = "both" }));

        string[] faults = [.. refused.Faults.Select(static fault => fault.ToString())];
        Assert.Equal(4, faults.Length);
        Assert.StartsWith("Colour (settings file): is not a setting", faults[0], StringComparison.Ordinal);
        Assert.Equal("HttpListen (settings file) is \"nowhere\": addresses with ports are expected, such as 127.0.0.1:8066", faults[1]);
        Assert.Equal("DtlsRole (environment) is \"both\": passive or active is expected", faults[2]);
        Assert.Equal("LogLevel (settings file) is \"loud\": debug, info, warn or error is expected", faults[3]);
    }

    [Fact]
    public void A_database_password_is_masked_in_the_fault()
    {
        ConfigurationException refused = Assert.Throws<ConfigurationException>(() => Read("""{ "DatabaseURL": "postgres://calls:secret@db:port/calls" }"""));

        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Serving_without_Mattermost_names_what_is_missing()
    {
        ConfigurationException refused = Assert.Throws<ConfigurationException>(() => Read(null, needsMattermost: true));

        Assert.Equal(["MattermostURL", "BotToken"], refused.Faults.Select(static fault => fault.Key));
    }

    [Fact]
    public void The_bot_token_may_lie_in_a_file()
    {
        SidecarOptions options = Read("""{ "BotTokenFile": "/run/secrets/bot" }""", readFile: static path => path == "/run/secrets/bot" ? "token\n" : "");

        Assert.Equal("token", options.BotToken);
    }

    [Fact]
    public void The_workers_token_is_another_and_may_lie_in_a_file()
    {
        SidecarOptions given = Read("""{ "BotToken": "service", "JobsBotToken": "workers" }""");
        SidecarOptions filed = Read("""{ "BotToken": "service", "JobsBotTokenFile": "/run/secrets/jobs" }""", readFile: static path => path == "/run/secrets/jobs" ? "workers\n" : "");
        SidecarOptions missing = Read("""{ "BotToken": "service" }""");

        Assert.Equal(("service", "workers"), (given.BotToken, given.JobsBotToken));
        Assert.Equal("workers", filed.JobsBotToken);
        Assert.Equal("", missing.JobsBotToken);
    }

    [Fact]
    public void A_Mattermost_configuration_is_taken_for_its_plugin_settings_only()
    {
        const string File = """{ "ServiceSettings": { "SiteURL": "https://x" }, "LogSettings": {}, "PluginSettings": { "Plugins": { "com.mattermost.calls": { "udpserverport": 9000 } } } }""";
        var sources = new SettingSources(new Dictionary<string, string>(), new Dictionary<string, string>(), File, static _ => false);

        Assert.Empty(sources.OwnKeysOfFile);
        Assert.Equal(9000, sources.Plugin("UDPServerPort").Single().Json?.GetInt32());
    }

    [Fact]
    public void A_file_that_is_not_JSON_is_refused_with_its_line()
    {
        ConfigurationException refused = Assert.Throws<ConfigurationException>(() => Read("{\n \"NodeName\": }"));

        Assert.Contains("line 2", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_settings_of_the_README_are_valid()
    {
        string readme = File.ReadAllText(Path.Combine(EndToEnd.Testing.Offer.Root(), "README.md"));
        string example = readme.Split("```jsonc")[1].Split("```")[0];
        var sources = new SettingSources(new Dictionary<string, string>(), new Dictionary<string, string>(), example, CallsSettingsReader.IsPluginKey);

        SidecarOptions options = new SidecarOptionsReader(sources, static _ => "token").Read(needsMattermost: true, isTerminal: true);
        CallsSettings settings = new CallsSettingsReader(sources, new CallsSettings()).Read();

        Assert.Equal(("/var/lib/calls/calls.db", "token"), (options.DatabaseFile, options.BotToken));
        Assert.Equal((8443, true), (settings.UDPServerPort, settings.DefaultEnabled));
    }

    [Fact]
    public void Routes_to_take_over_are_given_as_a_list()
    {
        Assert.Equal(["commands", "logout", "plugins", "post-edits"], Read("""{ "TakeOver": "plugins, commands,post-edits, logout" }""").TakeOver.Order());
        Assert.Empty(Read("""{ "TakeOver": "" }""").TakeOver);
        ConfigurationException refused = Assert.Throws<ConfigurationException>(() => Read("""{ "TakeOver": "plugins,everything" }"""));
        Assert.Equal("TakeOver (settings file) is \"plugins,everything\": a list of plugins, commands, post-edits and logout is expected", refused.Message);
    }

    [Fact]
    public void The_documentation_names_every_setting_and_no_other()
    {
        string[] rows = [.. File.ReadAllLines(Path.Combine(EndToEnd.Testing.Offer.Root(), "docs/operating.md")).TakeWhile(static row => row != "### The plugin's settings")];
        string[] documented = [.. rows
            .Where(static row => row.StartsWith("| `", StringComparison.Ordinal) && row.Contains("`MM_CALLS_", StringComparison.Ordinal))
            .SelectMany(static row => System.Text.RegularExpressions.Regex.Matches(row.Split('|')[1], "`(\\w+)`").Select(static match => match.Groups[1].Value))];

        Assert.Equal(SidecarOptionsReader.KnownKeys.Order(), documented.Order());
        Assert.All(documented, key => Assert.Contains(rows, row => row.Contains($"`{SettingSources.EnvironmentName(key)}`", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_documentation_names_every_setting_of_the_plugin_with_its_default()
    {
        Dictionary<string, string[]> documented = File.ReadAllLines(Path.Combine(EndToEnd.Testing.Offer.Root(), "docs/operating.md"))
            .SkipWhile(static row => row != "### The plugin's settings")
            .TakeWhile(static row => !row.StartsWith("## ", StringComparison.Ordinal))
            .Where(static row => row.StartsWith("| `", StringComparison.Ordinal))
            .Select(static row => row.Split('|', StringSplitOptions.TrimEntries))
            .ToDictionary(static cells => cells[1].Trim('`'), static cells => cells);

        Assert.Equal(CallsSettingsReader.Keys.Order(), documented.Keys.Order());
        var defaults = new CallsSettings();
        foreach (string key in CallsSettingsReader.Keys)
        {
            object? value = typeof(CallsSettings).GetProperty(key)!.GetValue(defaults);
            string shown = documented[key][3].Trim('`');
            Assert.Equal($"`{SettingSources.EnvironmentName(key)}`", documented[key][2]);
            Assert.True(documented[key][4].Length > 0, key);
            Assert.Equal(shown is "none" or "all" ? "" : shown == "one STUN server" ? "1" : shown, value switch
            {
                bool flag => flag ? "true" : "false",
                IReadOnlyList<IceServer> servers => $"{servers.Count}",
                IReadOnlyList<string> urls => string.Join(',', urls),
                _ => $"{value}",
            });
        }
    }

    private static SidecarOptions Read(
        string? file,
        Dictionary<string, string>? commandLine = null,
        Dictionary<string, string>? environment = null,
        bool needsMattermost = false,
        Func<string, string>? readFile = null)
    {
        var sources = new SettingSources(commandLine ?? [], environment ?? [], file, static _ => false);
        return new SidecarOptionsReader(sources, readFile ?? (static _ => throw new FileNotFoundException())).Read(needsMattermost, isTerminal: true);
    }
}
