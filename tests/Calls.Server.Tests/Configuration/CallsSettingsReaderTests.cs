using Calls.Server.Configuration;

namespace Calls.Server.Tests.Configuration;

public sealed class CallsSettingsReaderTests
{
    [Fact]
    public void Without_sources_the_defaults_of_the_plugin_apply()
    {
        CallsSettings settings = Read("{}");

        Assert.Equal(
            (false, true, 8443, 8443, 0, 240),
            (settings.DefaultEnabled, settings.AllowScreenSharing, settings.UDPServerPort, settings.TCPServerPort, settings.MaxCallParticipants, settings.TURNCredentialsExpirationMinutes));
        Assert.Equal("stun:stun.global.calls.mattermost.com:3478", settings.ICEServersConfigs.Single().Urls.Single());
    }

    [Theory]
    [InlineData("""{ "PluginSettings": { "Plugins": { "com.mattermost.calls": { "udpserverport": 9000, "defaultenabled": true } } } }""")]
    [InlineData("""{ "PluginSettings": { "Plugins": { "com.mattermost.calls": { "UDPServerPort": 9000, "DefaultEnabled": true } } } }""")]
    [InlineData("""{ "udpserverport": 9000, "defaultenabled": true }""")]
    [InlineData("""{ "ServiceSettings": { "SiteURL": "x" }, "PluginSettings": { "Plugins": { "com.mattermost.calls": { "udpserverport": 9000, "defaultenabled": true }, "other": {} } }, "SqlSettings": {} }""")]
    public void A_file_may_be_ours_a_flat_object_or_Mattermosts_own(string file)
    {
        CallsSettings settings = Read(file);

        Assert.Equal((9000, true), (settings.UDPServerPort, settings.DefaultEnabled));
    }

    [Theory]
    [InlineData("MM_CALLS_ENABLE_I_PV6", "true")]
    [InlineData("MM_CALLS_ENABLE_IPV6", "1")]
    [Trait("Spec", "configuration-12")]
    public void IPv6_is_switched_on_under_both_names(string variable, string value) =>
        Assert.True(Read("{}", (variable, value)).EnableIPv6);

    [Theory]
    [InlineData("1", true)]
    [InlineData("t", true)]
    [InlineData("TRUE", true)]
    [InlineData("f", false)]
    [InlineData("False", false)]
    public void The_environment_stands_above_the_file(string value, bool expected) =>
        Assert.Equal(expected, Read($$"""{ "enableringing": {{(expected ? "false" : "true")}} }""", ("MM_CALLS_ENABLE_RINGING", value)).EnableRinging);

    [Theory]
    [InlineData("udpserverport", "45", "UDPServerPort (settings file): UDPServerPort is not valid: 45 is not in allowed range [80, 49151]")]
    [InlineData("tcpserverport", "50000", "TCPServerPort (settings file): TCPServerPort is not valid: 50000 is not in allowed range [80, 49151]")]
    [InlineData("icehostportoverride", "79", "ICEHostPortOverride (settings file): ICEHostPortOverride is not valid: 79 is not in allowed range [80, 49151]")]
    [InlineData("maxcallparticipants", "-1", "MaxCallParticipants (settings file): MaxCallParticipants is not valid")]
    [InlineData("turncredentialsexpirationminutes", "-1", "TURNCredentialsExpirationMinutes (settings file): TURNCredentialsExpirationMinutes is not valid")]
    [InlineData("maxrecordingduration", "181", "MaxRecordingDuration (settings file): MaxRecordingDuration is not valid: range should be [15, 180]")]
    [InlineData("recordingquality", "\"huge\"", "RecordingQuality (settings file): RecordingQuality is not valid")]
    [InlineData("tcpserveraddress", "\"here\"", "TCPServerAddress (settings file): TCPServerAddress parsing failed")]
    [InlineData("udpserverport", "\"many\"", "UDPServerPort (settings file) is \"\"many\"\": a whole number is expected")]
    [InlineData("defaultenabled", "\"yes\"", "DefaultEnabled (settings file) is \"\"yes\"\": true or false is expected")]
    [InlineData("icehostoverride", "\"203.0.113.7/here\"", "ICEHostOverride (settings file): an address, a host name, or a list of external/internal address pairs is expected")]
    [InlineData("icehostoverride", "7", "ICEHostOverride (settings file): a text is expected")]
    [InlineData("rtcdserviceurl", "\"http://rtcd:8045\"", "RTCDServiceURL (settings file): rtcd is not supported by this version; remove it to use the built-in media server")]
    [InlineData("iceserversconfigs", "\"[{\\\"urls\\\":[]}]\"", "ICEServersConfigs (settings file): invalid ICEServers value: invalid empty URLs")]
    [InlineData("iceserversconfigs", "[{\"urls\":[\"\"]}]", "ICEServersConfigs (settings file): invalid ICEServers value: invalid empty URL")]
    [InlineData("iceserversconfigs", "[{\"url\":\"stun:a\"}]", "ICEServersConfigs (settings file): invalid ICEServers value: a JSON list of {\"urls\": [...]} is expected")]
    public void What_the_plugin_refuses_is_refused_with_its_own_text(string key, string value, string fault)
    {
        var refused = Assert.Throws<ConfigurationException>(() => Read($$"""{ "PluginSettings": { "Plugins": { "com.mattermost.calls": { "{{key}}": {{value}} } } } }"""));

        Assert.Equal(fault, refused.Message);
    }

    [Theory]
    [InlineData("""["stun:a:3478", "turn:b:3478"]""")]
    [InlineData("""["turn:b:3478", "http://c"]""")]
    [Trait("Spec", "configuration-22")]
    public void An_entry_is_either_STUN_or_TURN(string urls)
    {
        var refused = Assert.Throws<ConfigurationException>(() => Read($$"""{ "iceserversconfigs": [{ "urls": {{urls}} }] }"""));

        Assert.Equal("ICEServersConfigs (settings file): invalid ICEServers value: URL is not a valid STUN/TURN server", refused.Message);
    }

    [Theory]
    [InlineData(true, "s", 0, "invalid TURNConfig: invalid CredentialsExpirationMinutes value: should be a positive number")]
    [InlineData(true, "s", 10_080, "invalid TURNConfig: invalid CredentialsExpirationMinutes value: should be less than 1 week")]
    [InlineData(true, "s", 10_079, null)]
    [InlineData(true, "", 0, null)]
    [InlineData(false, "s", 0, null)]
    public void With_server_side_TURN_and_a_secret_credentials_have_to_live_between_nothing_and_a_week(bool isServerSide, string secret, int minutes, string? fault)
    {
        string file = $$"""{ "serversideturn": {{(isServerSide ? "true" : "false")}}, "turnstaticauthsecret": "{{secret}}", "turncredentialsexpirationminutes": {{minutes}} }""";
        if (fault is null)
        {
            Assert.Equal(minutes, Read(file).TURNCredentialsExpirationMinutes);
            return;
        }

        var refused = Assert.Throws<ConfigurationException>(() => Read(file));
        Assert.Equal($"TURNCredentialsExpirationMinutes (settings file): {fault}", refused.Message);
    }

    [Fact]
    public void ICE_servers_are_read_from_a_list_and_from_its_text()
    {
        const string Servers = """[{"urls":["turns:relay.example.org:443"],"username":"u","credential":"c"},{"urls":["STUN:stun.example.org"]}]""";
        string text = System.Text.Json.JsonSerializer.Serialize(Servers);

        foreach (CallsSettings settings in (CallsSettings[])[
            Read($$"""{ "iceserversconfigs": {{Servers}} }"""),
            Read($$"""{ "iceserversconfigs": {{text}} }"""),
            Read("{}", ("MM_CALLS_ICE_SERVERS_CONFIGS", Servers))])
        {
            Assert.Equal(2, settings.ICEServersConfigs.Count);
            Assert.Equal(("turns:relay.example.org:443", "u", "c"), (settings.ICEServersConfigs[0].Urls.Single(), settings.ICEServersConfigs[0].Username, settings.ICEServersConfigs[0].Credential));
        }

        Assert.Empty(Read("""{ "iceserversconfigs": "" }""").ICEServersConfigs);
    }

    [Fact]
    [Trait("Spec", "configuration-31")]
    public void An_overriding_port_of_0_counts_as_none()
    {
        Assert.Null(Read("""{ "icehostportoverride": 0 }""").ICEHostPortOverride);
        Assert.Null(Read("""{ "icehostportoverride": null }""").ICEHostPortOverride);
        Assert.Equal(8443, Read("""{ "icehostportoverride": 8443 }""").ICEHostPortOverride);
    }

    [Fact]
    public void An_emptied_field_has_its_default() => Assert.Equal(8443, Read("""{ "udpserverport": null }""").UDPServerPort);

    [Fact]
    public void What_has_no_effect_is_accepted_with_a_warning()
    {
        var reader = new CallsSettingsReader(Sources("""{ "serversideturn": true, "enablesimulcast": true }"""), new CallsSettings());

        reader.Read();

        Assert.Equal(2, reader.Warnings.Count);
        Assert.StartsWith("ServerSideTURN has no effect", reader.Warnings[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_do_not_show_their_secrets()
    {
        CallsSettings settings = Read("""{ "turnstaticauthsecret": "hunter2" }""");

        Assert.Equal("hunter2", settings.TURNStaticAuthSecret);
        Assert.DoesNotContain("hunter2", settings.ToString(), StringComparison.Ordinal);
    }

    private static CallsSettings Read(string file, params (string Name, string Value)[] environment) =>
        new CallsSettingsReader(Sources(file, environment), new CallsSettings()).Read();

    private static SettingSources Sources(string file, params (string Name, string Value)[] environment) => new(
        new Dictionary<string, string>(),
        environment.ToDictionary(static variable => variable.Name, static variable => variable.Value),
        file,
        CallsSettingsReader.IsPluginKey);
}
