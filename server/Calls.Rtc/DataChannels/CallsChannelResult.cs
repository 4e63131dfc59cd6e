namespace Calls.Rtc.DataChannels;

/// <summary>Whether a message of <c>calls-dc</c> could be read.</summary>
public enum CallsChannelResult
{
    Ok,

    /// <summary>Does not begin with an integer.</summary>
    NoType,

    UnknownType,

    /// <summary>The payload is missing or of the wrong kind.</summary>
    BadPayload,

    /// <summary>The SDP's zlib data is broken or incomplete.</summary>
    BadSdpData,

    /// <summary>The SDP inflates to more than is allowed, in bytes or compared with its compressed length (media.md 9.7).</summary>
    SdpTooLong,

    /// <summary>The client sends more messages than it may (media.md 9.7).</summary>
    TooMany,
}
