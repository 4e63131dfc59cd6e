using System.Text.Json;
using Calls.Server.Configuration;

namespace Calls.Server.Tests.Configuration;

/// <summary>Environment, file and System Console put together (configuration.md 1, 3 to 5, 8).</summary>
public sealed class SettingsLoaderTests
{
    private static readonly MattermostLicense CloudStarter = new("starter", IsCloud: true, HasLdap: false);
    private static readonly MattermostLicense CloudEnterprise = new("enterprise", IsCloud: true, HasLdap: true);

    [Fact]
    [Trait("Spec", "configuration-1")]
    public void Saved_keys_count_in_any_case()
    {
        CallsSettings lower = Load("""{ "udpserverport": 9000, "defaultenabled": true, "maxcallparticipants": 7, "icehostoverride": " calls.example.org " }""").Settings!;
        CallsSettings pascal = Load("""{ "UDPServerPort": 9000, "DefaultEnabled": true, "MaxCallParticipants": 7, "ICEHostOverride": " calls.example.org " }""").Settings!;

        Assert.Equal((9000, true, 7, "calls.example.org"), (lower.UDPServerPort, lower.DefaultEnabled, lower.MaxCallParticipants, lower.ICEHostOverride));
        Assert.Equal((9000, true, 7, "calls.example.org"), (pascal.UDPServerPort, pascal.DefaultEnabled, pascal.MaxCallParticipants, pascal.ICEHostOverride));
    }

    [Fact]
    public void Environment_stands_above_file_and_file_above_the_console()
    {
        const string Console = """{ "udpserverport": 9001, "tcpserverport": 9001, "enableringing": true, "enablevideo": true }""";
        const string File = """{ "udpserverport": 9002, "tcpserverport": 9002, "enablevideo": null }""";

        LoadedSettings loaded = Load(Console, File, environment: ("MM_CALLS_UDP_SERVER_PORT", "9003"));

        CallsSettings settings = loaded.Settings!;
        Assert.Equal((9003, 9002, true, true), (settings.UDPServerPort, settings.TCPServerPort, settings.EnableRinging, settings.EnableVideo));
        Assert.Equal([new("TCPServerPort", "9002"), new("UDPServerPort", "9003")], loaded.Overrides.OrderBy(static entry => entry.Key));
    }

    [Theory]
    [InlineData("""{ "udpserverport": 45 }""", "UDPServerPort is not valid: 45 is not in allowed range [80, 49151]")]
    [InlineData("""{ "tcpserverport": 49152 }""", "TCPServerPort is not valid: 49152 is not in allowed range [80, 49151]")]
    [InlineData("""{ "icehostportoverride": 79 }""", "ICEHostPortOverride is not valid: 79 is not in allowed range [80, 49151]")]
    [InlineData("""{ "maxrecordingduration": 181 }""", "MaxRecordingDuration is not valid: range should be [15, 180]")]
    [InlineData("""{ "enablerecordings": true, "enabletranscriptions": true, "transcribermodelsize": "huge" }""", "TranscriberModelSize is not valid")]
    [InlineData("""{ "enablerecordings": true, "enabletranscriptions": true, "transcribeapi": "ear" }""", "TranscribeAPI is not valid")]
    [InlineData("""{ "enablerecordings": true, "enabletranscriptions": true, "transcribernumthreads": 0 }""", "TranscriberNumThreads is not valid: should be greater than 0")]
    [InlineData(Captions + """ "livecaptionsmodelsize": "huge" }""", "LiveCaptionsModelSize is not valid")]
    [InlineData(Captions + """ "livecaptionsnumtranscribers": 0 }""", "LiveCaptionsNumTranscribers is not valid: should be greater than 0")]
    [InlineData(Captions + """ "livecaptionsnumthreadspertranscriber": -1 }""", "LiveCaptionsNumThreadsPerTranscriber is not valid: should be greater than 0")]
    [InlineData(Captions + """ "livecaptionslanguage": "eng" }""", "LiveCaptionsLanguage is not valid: should be a 2-letter ISO 639 set 1 language code, or blank for default")]
    [Trait("Spec", "configuration-6")]
    [Trait("Spec", "configuration-7")]
    public void What_the_console_could_not_save_is_refused_with_the_same_text(string console, string text)
    {
        LoadedSettings loaded = Load(console);

        Assert.Null(loaded.Settings);
        Assert.Equal(text, loaded.Faults[0].Allowed);
        Assert.Equal(SettingOrigin.Console, loaded.Faults[0].Origin);
    }

    [Theory]
    [InlineData("""{ "transcribermodelsize": "huge" }""")]
    [InlineData("""{ "enabletranscriptions": true, "transcribermodelsize": "huge" }""")]
    [InlineData("""{ "enabletranscriptions": true, "enablelivecaptions": true, "livecaptionslanguage": "eng" }""")]
    [Trait("Spec", "configuration-5")]
    public void Rules_of_features_that_are_off_do_not_count(string console) => Assert.NotNull(Load(console).Settings);

    [Theory]
    [InlineData("""{ "udpserverport": "8443" }""")]
    [InlineData("""{ "defaultenabled": "yes" }""")]
    [InlineData("""{ "icehostoverride": 7 }""")]
    public void A_saved_value_of_another_type_is_refused(string console) => Assert.Null(Load(console).Settings);

    [Fact]
    [Trait("Spec", "configuration-10")]
    public void A_variable_wins_over_what_is_saved_and_is_listed()
    {
        LoadedSettings loaded = Load("""{ "udpserverport": 8443 }""", environment: ("MM_CALLS_UDP_SERVER_PORT", "9000"));

        Assert.Equal(9000, loaded.Settings!.UDPServerPort);
        Assert.Equal("9000", Assert.Single(loaded.Overrides).Value);
        Assert.Equal("UDPServerPort", Assert.Single(loaded.Overrides).Key);
    }

    [Fact]
    [Trait("Spec", "configuration-11")]
    public void A_variable_that_cannot_be_read_is_left_out_of_account()
    {
        LoadedSettings loaded = Load("""{ "udpserverport": 9001 }""", environment: ("MM_CALLS_UDP_SERVER_PORT", "abc"));

        Assert.Equal(9001, loaded.Settings!.UDPServerPort);
        Assert.Empty(loaded.Overrides);
        Assert.Equal("MM_CALLS_UDP_SERVER_PORT is \"abc\": a whole number is expected; it is ignored.", Assert.Single(loaded.Warnings));
    }

    [Fact]
    [Trait("Spec", "configuration-14")]
    public void On_Cloud_the_licence_says_how_many_may_take_part()
    {
        const string Saved = """{ "maxcallparticipants": 100 }""";

        Assert.Equal(8, Load(Saved, license: CloudStarter).Settings!.MaxCallParticipants);
        Assert.Equal(200, Load(Saved, license: CloudEnterprise).Settings!.MaxCallParticipants);
        LoadedSettings older = Load(Saved, license: CloudEnterprise, environment: ("MM_CALLS_MAX_PARTICIPANTS", "30"));
        Assert.Equal(30, older.Settings!.MaxCallParticipants);
        Assert.Empty(older.Overrides);
        Assert.Equal(40, Load(Saved, license: CloudEnterprise, environment: ("MM_CALLS_MAX_CALL_PARTICIPANTS", "40")).Settings!.MaxCallParticipants);
        Assert.Equal(100, Load(Saved, license: CloudEnterprise with { IsCloud = false }).Settings!.MaxCallParticipants);
        Assert.Equal(200, Load(Saved, license: CloudEnterprise, environment: ("MM_CALLS_MAX_PARTICIPANTS", "many")).Settings!.MaxCallParticipants);
    }

    [Fact]
    [Trait("Spec", "configuration-15")]
    public void On_Cloud_calls_are_enabled_whatever_is_set() =>
        Assert.True(Load("{}", license: CloudStarter, environment: ("MM_CALLS_DEFAULT_ENABLED", "false")).Settings!.DefaultEnabled);

    [Fact]
    [Trait("Spec", "configuration-30")]
    public void An_emptied_field_of_the_console_has_its_default()
    {
        CallsSettings settings = Load("""{ "udpserverport": null, "tcpserverport": null, "icehostportoverride": null }""").Settings!;

        Assert.Equal((8443, 8443, null), (settings.UDPServerPort, settings.TCPServerPort, settings.ICEHostPortOverride));
    }

    [Fact]
    public void A_masked_secret_is_never_used()
    {
        const string Mask = "********************************";
        string masked = $$"""{ "turnstaticauthsecret": "{{Mask}}", "iceserversconfigs": "{{Mask}}" }""";
        SettingsLoader loader = Loader();

        LoadedSettings unknown = loader.Load(Facts(masked));
        Assert.Equal("", unknown.Settings!.TURNStaticAuthSecret);
        Assert.Equal("stun:stun.global.calls.mattermost.com:3478", unknown.Settings.ICEServersConfigs.Single().Urls.Single());
        Assert.Equal(2, unknown.Warnings.Count);
        Assert.Contains("TURNStaticAuthSecret (System Console) is masked, so its value is not known: set MM_CALLS_TURN_STATIC_AUTH_SECRET", unknown.Warnings[1], StringComparison.Ordinal);

        // Known from before the plugin's manifest called them secret.
        loader.Load(Facts("""{ "turnstaticauthsecret": "hunter2", "iceserversconfigs": "[]" }"""));
        LoadedSettings recalled = loader.Load(Facts(masked));
        Assert.Equal("hunter2", recalled.Settings!.TURNStaticAuthSecret);
        Assert.Empty(recalled.Settings.ICEServersConfigs);

        LoadedSettings given = Load(masked, environment: ("MM_CALLS_TURN_STATIC_AUTH_SECRET", "from-environment"));
        Assert.Equal("from-environment", given.Settings!.TURNStaticAuthSecret);
    }

    [Fact]
    public void A_secret_that_was_emptied_is_forgotten()
    {
        SettingsLoader loader = Loader();
        loader.Load(Facts("""{ "turnstaticauthsecret": "hunter2" }"""));

        Assert.Equal("", loader.Load(Facts("""{ "turnstaticauthsecret": "" }""")).Settings!.TURNStaticAuthSecret);
    }

    [Theory]
    [InlineData("", false, null, false, false, false, false)]
    [InlineData("starter", false, null, false, false, false, false)]
    [InlineData("professional", false, null, true, true, false, false)]
    [InlineData("enterprise", false, null, true, true, true, true)]
    [InlineData("advanced", false, null, true, true, true, true)]
    [InlineData("", true, null, true, true, true, true)]
    [InlineData("enterprise", false, "none", false, false, false, false)]
    [InlineData("", false, "professional", true, true, false, false)]
    [InlineData("", false, "enterprise", true, true, true, true)]
    public void With_gating_the_licence_decides(
        string sku, bool isDeveloper, string? replacement, bool groupCalls, bool hostControls, bool recordings, bool rtcd)
    {
        LicensedFeatures gated = new LicenseGate(isOn: true, replacement, allowsGroupCalls: false).Evaluate(new(sku, false, false), isDeveloper);

        Assert.Equal(new LicensedFeatures(groupCalls, hostControls, recordings, rtcd), gated);
        Assert.Equal(LicensedFeatures.All, new LicenseGate(isOn: false, replacement, allowsGroupCalls: false).Evaluate(new(sku, false, false), isDeveloper));
    }

    [Fact]
    public void An_older_licence_with_LDAP_counts_as_professional_and_Cloud_may_use_rtcd()
    {
        var gate = new LicenseGate(isOn: true, null, allowsGroupCalls: false);

        Assert.Equal(new LicensedFeatures(true, true, false, false), gate.Evaluate(new("E10", false, HasLdap: true), isDeveloper: false));
        Assert.Equal(new LicensedFeatures(false, false, false, true), gate.Evaluate(CloudStarter, isDeveloper: false));
    }

    [Fact]
    public void Settings_of_the_start_are_told_apart()
    {
        var before = new CallsSettings();
        CallsSettings after = before with { UDPServerPort = 9000, ICEHostOverride = "calls.example.org", EnableRinging = true };

        Assert.Equal(["UDPServerPort", "ICEHostOverride"], SettingsLoader.NeedRestart(before, after));
        Assert.Empty(SettingsLoader.NeedRestart(before, before with { DefaultEnabled = true }));
    }

    private const string Captions = """{ "enablerecordings": true, "enabletranscriptions": true, "enablelivecaptions": true,""";

    private static LoadedSettings Load(
        string console, string? file = null, MattermostLicense? license = null, params (string Name, string Value)[] environment) =>
        Loader(file, environment).Load(Facts(console, license));

    private static SettingsLoader Loader(string? file = null, params (string Name, string Value)[] environment)
    {
        var sources = new SettingSources(
            new Dictionary<string, string>(), environment.ToDictionary(static e => e.Name, static e => e.Value), file, CallsSettingsReader.IsPluginKey);
        return new SettingsLoader(sources, new CallsSettings(), new LicenseGate(isOn: false, null, allowsGroupCalls: false));
    }

    private static MattermostFacts Facts(string console, MattermostLicense? license = null) =>
        new(JsonDocument.Parse(console).RootElement, license ?? MattermostLicense.None, IsDeveloper: false, ShowFullName: true);
}
