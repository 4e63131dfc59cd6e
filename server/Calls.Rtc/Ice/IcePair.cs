using Calls.Rtc.Transport;

namespace Calls.Rtc.Ice;

/// <summary>A path on which a check was answered, which makes it a valid pair of a lite agent.</summary>
internal sealed class IcePair(TransportPath path)
{
    public TransportPath Path { get; set; } = path;

    public ulong Priority { get; set; }

    public long LastCheckMs { get; set; }

    /// <summary>Until when the last USE-CANDIDATE counts.</summary>
    public long NominatedUntilMs { get; set; } = long.MinValue;

    /// <summary>The newest credentials that a check on this pair used.</summary>
    public required IceGeneration Generation { get; set; }

    public bool IsNominated(long nowMs) => nowMs < NominatedUntilMs;
}
