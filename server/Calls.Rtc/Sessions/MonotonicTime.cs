namespace Calls.Rtc.Sessions;

/// <summary>Monotonic milliseconds of the injected clock, the time base of every protocol layer.</summary>
internal static class MonotonicTime
{
    /// <summary>The zero point means nothing.</summary>
    public static long NowMs(TimeProvider time) => time.GetTimestamp() / (time.TimestampFrequency / 1000);
}
