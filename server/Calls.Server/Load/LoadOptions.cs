namespace Calls.Server.Load;

/// <summary>What is driven against a server in one run.</summary>
internal sealed record LoadOptions
{
    /// <summary>More than one machine's generator can drive honestly.</summary>
    public const int MaxSessions = 5_000;

    public string Name { get; init; } = "";

    public int Calls { get; init; } = 1;

    public int Users { get; init; } = 8;

    /// <summary>Users of each call that speak.</summary>
    public int Unmuted { get; init; } = 2;

    /// <summary>Users of each call that share a screen: 0 or 1.</summary>
    public int Screens { get; init; }

    /// <summary>Bits per second of a screen.</summary>
    public int ScreenBitrate { get; init; } = 1_200_000;

    /// <summary>Speakers pause and go on, 1 to 4 s each, instead of speaking all the time.</summary>
    public bool TalkSpurts { get; init; }

    /// <summary>Sessions that join per second.</summary>
    public double JoinRate { get; init; } = 20;

    /// <summary>Seconds that are measured.</summary>
    public int Duration { get; init; } = 20;

    /// <summary>Seconds of media before that. A just-in-time compiler takes some 15 s of traffic to come to rest.</summary>
    public int WarmUp { get; init; } = 15;

    /// <summary>Seconds at the end with all sessions connected and nobody sending, to tell the price of media from that of sessions; 0 = not measured.</summary>
    public int Idle { get; init; } = 5;

    /// <summary>Listeners that join one after the other while everybody else is in the call, to measure how soon they hear something.</summary>
    public int Joins { get; init; } = 5;

    public int Sessions => Calls * Users;

    /// <summary>Why this cannot be run; <c>null</c> = it can.</summary>
    public string? Fault =>
        Calls < 1 || Users < 1 || Duration < 1 || WarmUp < 0 || Idle < 0 || Joins is < 0 or > 1_000 ? "numbers of calls, users and seconds have to be positive"
        : (long)Calls * Users > MaxSessions ? $"more than {MaxSessions} sessions are more than one generator can drive"
        : Unmuted < 0 || Unmuted > Users ? "a call has no more speakers than users"
        : Screens is < 0 or > 1 ? "a call has at most one screen"
        : ScreenBitrate is < 50_000 or > 20_000_000 ? "a screen takes from 50,000 to 20,000,000 bits per second"
        : !(JoinRate is > 0 and <= 1_000) ? "from 0 to 1,000 sessions join per second"
        : null;
}
