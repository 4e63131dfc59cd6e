namespace Calls.Rtc.Sfu;

/// <summary>Turns the media server's monotonic milliseconds into NTP time for reports (RFC 3550 section 4).</summary>
/// <remarks>One per process: all reports of a sender must share one clock, and a stepped system clock must not reach them.</remarks>
/// <param name="utcNow">Wall-clock time.</param>
/// <param name="nowMs">Monotonic milliseconds of the same instant.</param>
internal sealed class NtpClock(DateTimeOffset utcNow, long nowMs)
{
    // From 1900-01-01 to 1970-01-01 (RFC 5905, appendix A.4).
    private const long SecondsBeforeUnixEpoch = 2_208_988_800;

    private readonly long _offsetMs = utcNow.ToUnixTimeMilliseconds() + (SecondsBeforeUnixEpoch * 1000) - nowMs;

    /// <summary>Seconds since 1900 in the upper, fraction in the lower 32 bits; wraps in 2036.</summary>
    public ulong ToNtp(long nowMs)
    {
        ulong ms = (ulong)(nowMs + _offsetMs);
        return ((ms / 1000) << 32) | (((ms % 1000) << 32) / 1000);
    }

    /// <summary>The middle 32 bits, in 1/65536 s, as reports echo them.</summary>
    public uint ToCompactNtp(long nowMs) => (uint)(ToNtp(nowMs) >> 16);
}
