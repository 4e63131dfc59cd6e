using System.Net;
using Calls.Server.Rtcd.Configuration;

namespace Calls.Server.Tests.Rtcd.Configuration;

public sealed class RtcdOptionsReaderTests
{
    /// <summary>As the dedicated-server guide writes it.</summary>
    private const string Guide = """
        [HTTP]
        ServerAddress = "0.0.0.0"
        ServerPort = 8443
        APISecurityAllowSelfRegistration = true

        [RTC]
        ICEHostOverride = "192.0.2.7"
        ICEPortUDP = 8045
        ICEPortTCP = 8045

        [[RTC.ICEServers]]
        URLs = ["stun:stun.example.org:3478"]

        [Store]
        DataSource = "/data/db"

        [Logger]
        EnableConsole = true
        ConsoleLevel = "INFO"
        EnableFile = true
        FileLocation = "/var/log/rtcd.log"
        FileLevel = "INFO"
        """;

    [Fact]
    public void The_sample_files_dotted_keys_and_plain_tables_mean_the_same()
    {
        RtcdOptions dotted = Read("""
            [api]
            http.listen_address = ":9045" # all addresses
            security.allow_self_registration = true
            security.session_cache.expiration_minutes = 60

            [rtc]
            ice_port_udp = 9_443
            turn.static_auth_secret = 's'
            ice_servers = [{urls = ["stun:a:1", "stun:b:2"]}, {urls = ["turn:c"], username = "u", credential = "p"}]
            """);
        RtcdOptions tables = Read("""
            [api.http]
            listen_address = ":9045"
            [API.Security]
            Allow_Self_Registration = true
            [api.security.session_cache]
            expiration_minutes = 60
            [rtc]
            ice_port_udp = 9443
            [rtc.turn]
            static_auth_secret = "s"
            [[rtc.ice_servers]]
            urls = ["stun:a:1", "stun:b:2"]
            [[rtc.ice_servers]]
            urls = ["turn:c"]
            username = "u"
            credential = "p"
            """);

        foreach (RtcdOptions options in (RtcdOptions[])[dotted, tables])
        {
            Assert.Equal((":9045", true, 60, 9443, "s"), (options.ListenAddress, options.AllowSelfRegistration, options.SessionExpirationMinutes, options.IcePortUdp, options.TurnStaticAuthSecret));
            Assert.Equal(["stun:a:1,stun:b:2", "turn:c"], options.IceServers.Select(static server => server.ToString()));
            Assert.Equal("p", options.IceServers[1].Credential);
        }
    }

    [Fact]
    public void Every_setting_has_rtcds_default()
    {
        RtcdOptions options = Read("");

        Assert.Equal((":8045", 8443, 8443, 1440, "/tmp/rtcd_db"), (options.ListenAddress, options.IcePortUdp, options.IcePortTcp, options.SessionExpirationMinutes, options.StoreDataSource));
        Assert.Equal((true, false, "INFO", true, true, "DEBUG", "rtcd.log"), (options.EnableConsole, options.ConsoleJson, options.ConsoleLevel, options.EnableFile, options.FileJson, options.FileLevel, options.FileLocation));
        Assert.Equal((256, true, 100 * Environment.ProcessorCount, 1440), (options.NackBufferSize, options.NackDisableCopy, options.UdpSocketsCount, options.TurnCredentialsExpirationMinutes));
        Assert.Null(options.DrainTimeout);
        RtcdOptionsReader.Validate(options);
    }

    [Fact]
    [Trait("Spec", "rtcd-38")]
    public void The_environment_stands_above_the_file()
    {
        RtcdOptions options = Read("[rtc]\nice_port_udp = 9000\nice_port_tcp = 9001", ("RTCD_RTC_ICEPORTUDP", "9443"), ("RTCD_API_SECURITY_ENABLEADMIN", "T"));

        Assert.Equal((9443, 9001, true), (options.IcePortUdp, options.IcePortTcp, options.EnableAdmin));
    }

    [Fact]
    [Trait("Spec", "rtcd-39")]
    public void The_names_of_the_guides_are_understood_with_a_warning_each()
    {
        RtcdSources sources = Sources(Guide, isStrict: false);
        RtcdOptions options = RtcdOptionsReader.Read(sources);

        Assert.Equal(("0.0.0.0:8443", 8045, 8045, true), (options.ListenAddress, options.IcePortUdp, options.IcePortTcp, options.AllowSelfRegistration));
        Assert.Equal(("192.0.2.7", "/data/db", "/var/log/rtcd.log"), (options.IceHostOverride, options.StoreDataSource, options.FileLocation));
        Assert.Equal("stun:stun.example.org:3478", Assert.Single(options.IceServers).ToString());
        Assert.Equal(12, sources.Warnings.Count);
        Assert.Contains("rtcd.toml line 8: \"rtc.iceportudp\" is not rtcd's name: use rtc.ice_port_udp", sources.Warnings);
        RtcdOptionsReader.Validate(options);
    }

    [Fact]
    [Trait("Spec", "rtcd-39")]
    public void Strictly_they_are_unknown_and_change_nothing()
    {
        RtcdSources sources = Sources(Guide, isStrict: true);
        RtcdOptions options = RtcdOptionsReader.Read(sources);

        Assert.Equal((":8045", 8443, false, "/tmp/rtcd_db"), (options.ListenAddress, options.IcePortUdp, options.AllowSelfRegistration, options.StoreDataSource));
        Assert.Equal(13, sources.Warnings.Count);
        Assert.Equal("rtcd.toml line 2: unknown key \"http.serveraddress\" is ignored", sources.Warnings[0]);
    }

    [Fact]
    public void An_alias_never_stands_above_a_real_name()
    {
        RtcdOptions options = Read(
            "[rtc]\nICEPortUDP = 8045\nice_port_udp = 9000\n[HTTP]\nServerPort = 1\n[api]\nhttp.listen_address = \":9045\"",
            ("RTCD_HTTP_SERVERPORT", "2"), ("RTCD_API_HTTP_LISTENADDRESS", ":3"));

        Assert.Equal((9000, ":3"), (options.IcePortUdp, options.ListenAddress));
    }

    [Fact]
    public void Unknown_names_and_quotes_are_told_but_never_their_values()
    {
        RtcdSources sources = Sources("[rtc]\nsecret_thing = 'hidden'", isStrict: false, ("RTCD_MAX", "hidden"), ("RTCD_LOGGER_CONSOLELEVEL", "\"DEBUG\""), ("PATH", "x"));

        Assert.Equal("DEBUG", RtcdOptionsReader.Read(sources).ConsoleLevel);
        Assert.Equal(
            ["the quotes around the value of RTCD_LOGGER_CONSOLELEVEL are left out", "rtcd.toml line 2: unknown key \"rtc.secret_thing\" is ignored", "unknown variable RTCD_MAX is ignored"],
            sources.Warnings);
    }

    [Theory]
    [InlineData("""["stun:a","stun:b"]""", 1)]
    [InlineData("""[{"urls":["stun:a"]},{"urls":["turn:b"],"username":"u","credential":"p"}]""", 2)]
    [InlineData("[]", 0)]
    [InlineData("""'[{"urls":["stun:a"]}]'""", 1)]
    public void Servers_of_the_environment_are_JSON(string value, int count) =>
        Assert.Equal(count, Read("", ("RTCD_RTC_ICESERVERS", value)).IceServers.Count);

    [Theory]
    [InlineData("RTCD_RTC_ICESERVERS", "stun:a,stun:b", "envconfig.Process: assigning RTCD_RTC_ICESERVERS")]
    [InlineData("RTCD_RTC_ICESERVERS", "", "envconfig.Process: assigning RTCD_RTC_ICESERVERS")]
    [InlineData("RTCD_RTC_ICESERVERS", "[5]", "envconfig.Process: assigning RTCD_RTC_ICESERVERS")]
    [InlineData("RTCD_API_SECURITY_ENABLEADMIN", "yes", "envconfig.Process: assigning RTCD_API_SECURITY_ENABLEADMIN")]
    [InlineData("RTCD_RTC_ICEPORTUDP", "", "envconfig.Process: assigning RTCD_RTC_ICEPORTUDP")]
    [InlineData("RTCD_RTC_ICEADDRESSUDP", "10.0.0.1,here", "invalid ICEAddress value: here is not a valid IP address")]
    [InlineData("RTCD_DRAINTIMEOUT", "5", "invalid DrainTimeout value")]
    public void A_variable_of_the_wrong_type_ends_the_start(string name, string value, string error) =>
        Assert.StartsWith(error, Assert.Throws<RtcdConfigurationException>(() => Read("", (name, value))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("[api]\nhttp.listen_address = 8045", "rtcd.toml line 2: api.http.listen_address should be a string")]
    [InlineData("[rtc]\n\nice_port_udp = \"8443\"", "rtcd.toml line 3: rtc.ice_port_udp should be a whole number")]
    [InlineData("[api]\nsecurity.enable_admin = 1", "rtcd.toml line 2: api.security.enable_admin should be true or false")]
    [InlineData("[rtc]\nice_servers = \"stun:a\"", "rtcd.toml line 2: rtc.ice_servers should be a list of tables with urls, or a list of URLs")]
    [InlineData("[api]\nhttp.listen_address = \":8045", "rtcd.toml line 2: ")]
    [InlineData("[api\n", "rtcd.toml line 1: ")]
    [InlineData("[a]\nx = 1\nx = 2", "rtcd.toml line 3: ")]
    public void A_fault_in_the_file_has_its_line(string toml, string error) =>
        Assert.StartsWith(error, Assert.Throws<RtcdConfigurationException>(() => Read(toml)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("RTCD_API_HTTP_LISTENADDRESS", "", "invalid ListenAddress value: should not be empty")]
    [InlineData("RTCD_API_HTTP_TLS_ENABLE", "true", "invalid CertFile value: should not be empty")]
    [InlineData("RTCD_API_SECURITY_ENABLEADMIN", "1", "invalid AdminSecretKey value: should not be empty")]
    [InlineData("RTCD_API_SECURITY_SESSIONCACHE_EXPIRATIONMINUTES", "0", "invalid ExpirationMinutes value: should be a positive number")]
    [InlineData("RTCD_RTC_ICEPORTUDP", "79", "invalid ICEPortUDP value: 79 is not in allowed range [80, 49151]")]
    [InlineData("RTCD_RTC_ICEPORTTCP", "49152", "invalid ICEPortTCP value: 49152 is not in allowed range [80, 49151]")]
    [InlineData("RTCD_RTC_ICEHOSTPORTOVERRIDE", "1", "invalid ICEHostPortOverride value: 1 is not in allowed range [80, 49151]")]
    [InlineData("RTCD_RTC_ICEHOSTPORTOVERRIDE", "10.0.0.1/8443,10.0.0.1/8444", "duplicate mapping found for 10.0.0.1")]
    [InlineData("RTCD_RTC_ICESERVERS", """["stun:a","turn:b"]""", "URL is not a valid STUN/TURN server")]
    [InlineData("RTCD_RTC_ICESERVERS", """[{"urls":[]}]""", "invalid empty URLs")]
    [InlineData("RTCD_RTC_ICESERVERS", """[""]""", "invalid empty URL")]
    [InlineData("RTCD_RTC_UDPSOCKETSCOUNT", "0", "UDPSocketsCount")]
    [InlineData("RTCD_RTC_NACKBUFFERSIZE", "33", "NACKBufferSize")]
    [InlineData("RTCD_STORE_DATASOURCE", "", "invalid DataSource value: should not be empty")]
    [InlineData("RTCD_LOGGER_CONSOLELEVEL", "LOUD", "invalid ConsoleLevel value \"LOUD\"")]
    [InlineData("RTCD_LOGGER_FILELEVEL", "", "invalid FileLevel value \"\"")]
    [InlineData("RTCD_LOGGER_FILELOCATION", "", "invalid FileLocation value: should not be empty")]
    public void A_value_that_is_not_allowed_is_told_in_rtcds_words(string name, string value, string error) =>
        Assert.Contains(error, Assert.Throws<RtcdConfigurationException>(() => RtcdOptionsReader.Validate(Read("", (name, value)))).Message, StringComparison.Ordinal);

    [Fact]
    public void Some_target_has_to_be_logged_to_and_a_secret_has_to_end()
    {
        Assert.Contains(
            "should enable at least one logging target",
            Assert.Throws<RtcdConfigurationException>(() => RtcdOptionsReader.Validate(Read("[logger]\nenable_console=false\nenable_file=false"))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "should be less than 1 week",
            Assert.Throws<RtcdConfigurationException>(() => RtcdOptionsReader.Validate(Read("[rtc.turn]\nstatic_auth_secret=\"s\"\ncredentials_expiration_minutes=10080"))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1h30m", 5400)]
    [InlineData("90s", 90)]
    [InlineData("1.5h", 5400)]
    public void A_drain_may_be_limited(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Read($"drain_timeout = \"{text}\"").DrainTimeout);

    [Theory]
    [InlineData(":8045", null, 8045)]
    [InlineData("127.0.0.1:80", "127.0.0.1", 80)]
    [InlineData("[::1]:80", "::1", 80)]
    [InlineData("localhost:80", "127.0.0.1", 80)]
    public void An_address_is_written_as_Go_writes_it(string text, string? address, int port)
    {
        Assert.True(ListenAddress.TryParse(text, out IPEndPoint? endpoint));
        Assert.Equal(port, endpoint.Port);
        Assert.True(address is null ? endpoint.Address.Equals(IPAddress.Any) || endpoint.Address.Equals(IPAddress.IPv6Any) : endpoint.Address.Equals(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("8045")]
    [InlineData(":")]
    [InlineData(":port")]
    [InlineData("host.example.org:80")]
    [InlineData(":70000")]
    public void What_is_no_address_is_refused(string text) => Assert.False(ListenAddress.TryParse(text, out _));

    [Fact]
    public void Mutated_files_are_read_or_refused_with_a_sentence()
    {
        var random = new Random(39);
        for (int i = 0; i < 10_000; i++)
        {
            char[] text = Guide.ToCharArray();
            for (int change = random.Next(8); change >= 0; change--)
            {
                text[random.Next(text.Length)] = random.Next(3) == 0 ? (char)random.Next(0x250) : "[]{}=\"'.,\n#"[random.Next(11)];
            }

            try
            {
                RtcdOptionsReader.Read(Sources(new string(text, 0, random.Next(text.Length)), isStrict: random.Next(2) == 0));
            }
            catch (RtcdConfigurationException refused)
            {
                Assert.NotEmpty(refused.Message);
            }
        }
    }

    private static RtcdOptions Read(string toml, params (string Name, string Value)[] environment) => RtcdOptionsReader.Read(Sources(toml, isStrict: false, environment));

    private static RtcdSources Sources(string toml, bool isStrict, params (string Name, string Value)[] environment) =>
        new(environment.ToDictionary(static pair => pair.Name, static pair => pair.Value), TomlSettings.Parse(toml, "rtcd.toml"), "rtcd.toml", isStrict);
}
