namespace Calls.StandIn.State;

/// <summary>Wall-clock milliseconds since the Unix epoch, the unit of every Mattermost timestamp.</summary>
internal sealed class Clock(TimeProvider time)
{
    public TimeProvider Time { get; } = time;

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();
}
