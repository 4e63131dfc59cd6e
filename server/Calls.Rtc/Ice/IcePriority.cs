namespace Calls.Rtc.Ice;

/// <summary>Priorities of candidates and pairs (RFC 8445, sections 5.1.2 and 6.1.2.3; RFC 6544, section 4.2).</summary>
public static class IcePriority
{
    private const uint HostTypePreference = 126;
    private const uint PeerReflexiveTypePreference = 110;

    // UDP minus 27, as RFC 6544 recommends, so that any UDP candidate beats any TCP one.
    private const uint TcpHostTypePreference = HostTypePreference - 27;
    private const uint PassiveDirectionPreference = 4;
    private const uint MaxOtherPreference = 8191;

    /// <summary>Priority of a host candidate of ours, component 1.</summary>
    /// <param name="rank">0 for the most preferred local address, each further one less preferred.</param>
    public static uint Host(bool isTcp, int rank) => isTcp
        ? Combine(TcpHostTypePreference, (PassiveDirectionPreference << 13) + MaxOtherPreference - (uint)rank)
        : Combine(HostTypePreference, ushort.MaxValue - (uint)rank);

    /// <summary>Value of the PRIORITY attribute in checks sent from a host candidate: what it would be worth as peer-reflexive.</summary>
    public static uint PeerReflexive(int rank) => Combine(PeerReflexiveTypePreference, ushort.MaxValue - (uint)rank);

    /// <summary>Priority of a pair from the priorities of the controlling and the controlled side's candidate.</summary>
    public static ulong Pair(uint controlling, uint controlled) =>
        ((ulong)Math.Min(controlling, controlled) << 32)
        + (2 * (ulong)Math.Max(controlling, controlled))
        + (controlling > controlled ? 1u : 0u);

    private static uint Combine(uint typePreference, uint localPreference) => (typePreference << 24) + (localPreference << 8) + 255;
}
