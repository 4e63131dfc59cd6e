namespace Calls.Rtc.Sdp;

/// <summary>The media type of an m-section.</summary>
public enum MediaKind : byte
{
    /// <summary>Any other media type; such sections are always rejected.</summary>
    Other,
    Audio,
    Video,

    /// <summary>A data channel (RFC 8841).</summary>
    Application,
}
