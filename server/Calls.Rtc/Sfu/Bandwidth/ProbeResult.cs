namespace Calls.Rtc.Sfu.Bandwidth;

/// <summary>What a probe showed.</summary>
/// <param name="BitsPerSecond">That arrived; 0 if nothing can be said.</param>
/// <param name="WasCarried">It arrived as fast as it was sent, so that the path may carry still more.</param>
internal readonly record struct ProbeResult(long BitsPerSecond, bool WasCarried);
