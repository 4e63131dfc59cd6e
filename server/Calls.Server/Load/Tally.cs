namespace Calls.Server.Load;

/// <summary>What the clients of one worker saw. Written by its thread alone; whoever reads may miss the last one.</summary>
internal sealed class Tally
{
    /// <summary>Whether packets are counted at present.</summary>
    public volatile bool IsMeasuring;

    public long Open;
    public long Closed;

    /// <summary>Receivers that have heard something, of those that are to.</summary>
    public long Hearing;

    /// <summary>What receivers should have got of what was sent while it was measured.</summary>
    public long Expected;

    public long Received;

    public Distribution Delay { get; } = new();

    public Distribution FirstAudio { get; } = new();

    /// <summary>Adds the numbers of another worker whose thread rests.</summary>
    public void Add(Tally other)
    {
        Open += other.Open;
        Closed += other.Closed;
        Hearing += other.Hearing;
        Expected += other.Expected;
        Received += other.Received;
        Delay.Add(other.Delay);
        FirstAudio.Add(other.FirstAudio);
    }
}
