namespace Calls.Rtc.Sessions;

/// <summary>Milliseconds since the media server was built, from the injected time source.</summary>
internal sealed class MonotonicClock(TimeProvider time)
{
    private readonly long _origin = time.GetTimestamp();

    public long NowMs => (long)time.GetElapsedTime(_origin).TotalMilliseconds;
}
