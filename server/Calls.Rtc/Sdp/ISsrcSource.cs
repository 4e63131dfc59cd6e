namespace Calls.Rtc.Sdp;

/// <summary>Numbers outgoing streams of one session.</summary>
public interface ISsrcSource
{
    /// <summary>
    /// A synchronization source that is not 0 and was never returned before: reusing one under the same SRTP key would
    /// reuse AEAD nonces (media.md 9.6).
    /// </summary>
    uint Next();
}
