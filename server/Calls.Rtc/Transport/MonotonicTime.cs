namespace Calls.Rtc.Transport;

/// <summary>Monotonic milliseconds, the time base of every protocol layer.</summary>
public static class MonotonicTime
{
    /// <summary>Milliseconds of <see cref="TimeProvider.GetTimestamp"/>; the zero point means nothing.</summary>
    public static long NowMs(this TimeProvider time) => time.GetTimestamp() / (time.TimestampFrequency / 1000);
}
