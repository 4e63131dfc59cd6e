namespace Calls.Rtc.Sctp;

/// <summary>RTO from round-trip times (RFC 9260, section 6.3.1), with a lower minimum (media.md 7.4).</summary>
internal sealed class RetransmissionTimeout
{
    public const int InitialMs = 1000;
    public const int MinMs = 200;
    public const int MaxMs = 10_000;

    /// <summary>
    /// A peer may delay its SACK by 200 ms (and a few for its timers), so a measured round trip says little about the next: the
    /// margin above it never falls below that. This replaces the RFC's minimum of 1 s, whose reason is the same.
    /// </summary>
    private const double MinMarginMs = 250;

    private const double Alpha = 1.0 / 8;
    private const double Beta = 1.0 / 4;

    private double _smoothedMs = -1;
    private double _variationMs;

    /// <summary>The timeout in milliseconds.</summary>
    public int Ms { get; private set; } = InitialMs;

    public void Measured(long roundTripMs)
    {
        if (_smoothedMs < 0)
        {
            _smoothedMs = roundTripMs;
            _variationMs = roundTripMs / 2.0;
        }
        else
        {
            _variationMs = ((1 - Beta) * _variationMs) + (Beta * Math.Abs(_smoothedMs - roundTripMs));
            _smoothedMs = ((1 - Alpha) * _smoothedMs) + (Alpha * roundTripMs);
        }

        Ms = (int)Math.Clamp(_smoothedMs + Math.Max(4 * _variationMs, MinMarginMs), MinMs, MaxMs);
    }

    /// <summary>Doubles the timeout after an expiry (section 6.3.3, rule E2).</summary>
    public void BackOff() => Ms = Math.Min(2 * Ms, MaxMs);
}
