namespace Calls.Rtc.Ice;

/// <summary>How a candidate's address was obtained (RFC 8445, section 5.1.1).</summary>
public enum IceCandidateType
{
    Host,
    ServerReflexive,
    PeerReflexive,
    Relayed,
}
