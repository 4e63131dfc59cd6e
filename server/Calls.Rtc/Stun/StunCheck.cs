namespace Calls.Rtc.Stun;

/// <summary>What a connectivity check says about its sender (RFC 8445, section 7.1).</summary>
public readonly ref struct StunCheck
{
    /// <summary>12 random bytes.</summary>
    public required ReadOnlySpan<byte> TransactionId { get; init; }

    /// <summary><c>remoteufrag:localufrag</c> as seen by the sender.</summary>
    public required ReadOnlySpan<byte> Username { get; init; }

    /// <summary>The sender's priority as a peer-reflexive candidate.</summary>
    public required uint Priority { get; init; }

    public required bool IsControlling { get; init; }

    public required ulong TieBreaker { get; init; }

    public required bool UseCandidate { get; init; }
}
