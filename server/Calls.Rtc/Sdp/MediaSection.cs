namespace Calls.Rtc.Sdp;

/// <summary>One m-section. Attributes that may stand at session level are already resolved (media.md N12). Plain data of whoever built it.</summary>
public sealed class MediaSection
{
    public required MediaKind Kind { get; init; }

    /// <summary>The media type as written, <c>audio</c>, <c>video</c>, <c>application</c> or another.</summary>
    public required string MediaType { get; init; }

    /// <summary>For example <c>UDP/TLS/RTP/SAVPF</c>.</summary>
    public required string Protocol { get; init; }

    public ushort Port { get; set; } = 9;

    /// <summary>Formats of a section without payload types: <c>webrtc-datachannel</c>. Empty for RTP.</summary>
    public List<string> Formats { get; } = [];

    public string Mid { get; set; } = "";

    /// <summary>As stated by the section, else by the session, else <c>sendrecv</c>.</summary>
    public MediaDirection Direction { get; set; } = MediaDirection.SendRecv;

    /// <summary>Neither level states a direction; none is written.</summary>
    public bool OmitsDirection { get; set; }

    public bool IsBundleOnly { get; set; }

    /// <summary>Port 0 without <c>a=bundle-only</c> (RFC 3264, section 6; RFC 8843, section 6).</summary>
    public bool IsRejected => Port == 0 && !IsBundleOnly;

    public bool IsRtp => Kind is MediaKind.Audio or MediaKind.Video;

    /// <summary>In the order of the m= line.</summary>
    public List<RtpCodec> Codecs { get; } = [];

    public List<HeaderExtension> Extensions { get; } = [];

    public List<MediaStreamId> StreamIds { get; } = [];

    public List<SsrcDescription> Ssrcs { get; } = [];

    public List<SsrcGroup> SsrcGroups { get; } = [];

    public List<RidDescription> Rids { get; } = [];

    public List<SimulcastStream> SimulcastSend { get; } = [];

    public List<SimulcastStream> SimulcastReceive { get; } = [];

    /// <summary>Candidate lines from <c>candidate:</c> on, unparsed.</summary>
    public List<string> Candidates { get; } = [];

    public bool HasEndOfCandidates { get; set; }

    public IceCredentials? Credentials { get; set; }

    /// <summary>For example <c>trickle</c>; <c>null</c> when absent.</summary>
    public string? IceOptions { get; set; }

    /// <summary>Those of the section, else those of the session.</summary>
    public List<Fingerprint> Fingerprints { get; } = [];

    public DtlsSetup? Setup { get; set; }

    public bool HasRtcpMux { get; set; }

    public bool HasRtcpRsize { get; set; }

    /// <summary>Two-byte header extensions allowed here or in the whole session.</summary>
    public bool AllowsMixedExtensions { get; set; }

    public ushort? SctpPort { get; set; }

    /// <summary>Bytes; 0 means no limit (RFC 8841, section 6). <c>null</c> when absent.</summary>
    public ulong? MaxMessageSize { get; set; }
}
