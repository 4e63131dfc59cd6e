namespace Calls.Rtc.Tests.Ice;

/// <summary>Timers of up to <paramref name="longest"/> fire in a fiftieth of their time.</summary>
internal sealed class FastTime(TimeSpan longest) : TimeProvider
{
    private const int Factor = 50;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        bool isScaled = dueTime > TimeSpan.Zero && dueTime <= longest;
        return base.CreateTimer(callback, state, isScaled ? dueTime / Factor : dueTime, period);
    }
}
