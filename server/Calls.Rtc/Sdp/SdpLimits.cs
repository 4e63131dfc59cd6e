namespace Calls.Rtc.Sdp;

/// <summary>Caps on everything a peer can make long in a description (media.md 9.7, 9.8). Excess refuses the whole description.</summary>
public static class SdpLimits
{
    /// <summary>Characters of a description. What a transport allows may be less (64 KiB over the WebSocket).</summary>
    public const int MaxLength = 256 * 1024;

    /// <summary>Characters of one line without its line end.</summary>
    public const int MaxLineLength = 8 * 1024;

    public const int MaxSections = 1024;

    /// <summary>Attribute lines of one section, and of the session part.</summary>
    public const int MaxAttributesPerSection = 1024;

    /// <summary>Feedback lines of one payload type.</summary>
    public const int MaxFeedbackPerCodec = 16;

    public const int MaxExtensionsPerSection = 32;

    public const int MaxSsrcsPerSection = 64;

    public const int MaxSsrcGroupsPerSection = 32;

    public const int MaxStreamIdsPerSection = 8;

    public const int MaxRidsPerSection = 16;

    public const int MaxCandidatesPerSection = 128;

    /// <summary>Fingerprint lines of one section, and of the session part.</summary>
    public const int MaxFingerprints = 8;

    /// <summary>Characters of a mid or rid.</summary>
    public const int MaxTokenLength = 32;

    /// <summary>Characters of a media stream id, track id or cname.</summary>
    public const int MaxIdLength = 256;
}
