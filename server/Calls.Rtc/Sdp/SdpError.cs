namespace Calls.Rtc.Sdp;

/// <summary>Why a session description was refused by the parser.</summary>
public enum SdpError : byte
{
    None,

    /// <summary>Longer than <see cref="SdpLimits.MaxLength"/>.</summary>
    TooLong,

    /// <summary>A line longer than <see cref="SdpLimits.MaxLineLength"/>.</summary>
    LineTooLong,

    /// <summary>More than <see cref="SdpLimits.MaxSections"/> m-sections.</summary>
    TooManySections,

    /// <summary>One of the caps per section of <see cref="SdpLimits"/> is exceeded.</summary>
    TooManyAttributes,

    /// <summary>Does not begin with <c>v=0</c>, or has no usable <c>o=</c> line.</summary>
    NotSdp,

    /// <summary>A line that is not <c>type=value</c>, or one with control characters.</summary>
    MalformedLine,

    /// <summary>An <c>m=</c> line without port, protocol or formats, or with values out of range.</summary>
    MalformedMedia,

    /// <summary>An attribute this parser knows whose value breaks its grammar.</summary>
    MalformedAttribute,

    /// <summary>An m-section without <c>a=mid</c>.</summary>
    MissingMid,

    /// <summary>Two m-sections with the same mid.</summary>
    DuplicateMid,
}
