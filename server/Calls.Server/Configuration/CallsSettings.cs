namespace Calls.Server.Configuration;

/// <summary>The plugin's settings as they are in effect, under its own names (configuration.md 2).</summary>
public sealed record CallsSettings
{
    public bool DefaultEnabled { get; init; }

    /// <summary>Sessions per call; 0 is unlimited.</summary>
    public int MaxCallParticipants { get; init; }

    public bool AllowScreenSharing { get; init; } = true;

    public bool EnableSimulcast { get; init; }

    public bool EnableRinging { get; init; }

    public bool EnableAV1 { get; init; }

    public bool EnableDCSignaling { get; init; }

    public bool EnableVideo { get; init; }

    public string RTCDServiceURL { get; init; } = "";

    public string UDPServerAddress { get; init; } = "";

    public string TCPServerAddress { get; init; } = "";

    public int UDPServerPort { get; init; } = 8443;

    public int TCPServerPort { get; init; } = 8443;

    public bool EnableIPv6 { get; init; }

    public string ICEHostOverride { get; init; } = "";

    public int? ICEHostPortOverride { get; init; }

    public IReadOnlyList<IceServer> ICEServersConfigs { get; init; } = [new(["stun:stun.global.calls.mattermost.com:3478"])];

    /// <summary>The legacy list of URLs (configuration.md 7.3).</summary>
    public IReadOnlyList<string> ICEServers { get; init; } = [];

    /// <summary>Secret.</summary>
    public string TURNStaticAuthSecret { get; init; } = "";

    public int TURNCredentialsExpirationMinutes { get; init; } = 240;

    public bool ServerSideTURN { get; init; }

    public bool EnableRecordings { get; init; }

    public string JobServiceURL { get; init; } = "";

    /// <summary>Minutes.</summary>
    public int MaxRecordingDuration { get; init; } = 60;

    public string RecordingQuality { get; init; } = "medium";

    public bool EnableTranscriptions { get; init; }

    public string TranscribeAPI { get; init; } = "whisper.cpp";

    public string TranscriberModelSize { get; init; } = "base";

    public int TranscriberNumThreads { get; init; } = 2;

    /// <summary>Secret.</summary>
    public string TranscribeAPIAzureSpeechKey { get; init; } = "";

    public string TranscribeAPIAzureSpeechRegion { get; init; } = "";

    public bool EnableLiveCaptions { get; init; }

    public string LiveCaptionsModelSize { get; init; } = "tiny";

    public int LiveCaptionsNumTranscribers { get; init; } = 1;

    public int LiveCaptionsNumThreadsPerTranscriber { get; init; } = 2;

    public string LiveCaptionsLanguage { get; init; } = "en";

    /// <summary>Mattermost's PrivacySettings.ShowFullName.</summary>
    public bool ShowFullName { get; init; } = true;

    /// <summary>Mattermost's licence; <c>starter</c> without one.</summary>
    public string SkuShortName { get; init; } = "starter";

    /// <summary>Mattermost's licence is one for Cloud.</summary>
    public bool IsCloud { get; init; }

    /// <summary>What the licence leaves of the features; everything unless LicenseGating is on.</summary>
    public LicensedFeatures Licensed { get; init; } = LicensedFeatures.All;

    /// <summary>Never shows a secret.</summary>
    public override string ToString() => nameof(CallsSettings);
}
