namespace Calls.Rtc.Ice;

/// <summary>What a candidate line turned out to be.</summary>
public enum IceCandidateParseResult
{
    Ok,

    /// <summary>An empty candidate: the peer has no more (RFC 8838, section 13). Ignored.</summary>
    EndOfCandidates,

    /// <summary>Well-formed, but of a type or transport that RFC 8445 does not know. Ignored with a warning.</summary>
    Unknown,

    /// <summary>Not a candidate. Counted as an <c>ice</c> error.</summary>
    Malformed,
}
