namespace Calls.Rtc.Sfu;

internal enum InboundStreamState : byte
{
    /// <summary>No section claims it yet.</summary>
    Probing,

    /// <summary>No section claimed it in time; dropped until the next description.</summary>
    GivenUp,

    /// <summary>Bound to a section, but not (yet) the source of a track.</summary>
    Pending,

    /// <summary>The source of its track.</summary>
    Active,

    /// <summary>Its track ended or has another source.</summary>
    Retired,

    /// <summary>Carries retransmissions of another stream (RFC 4588).</summary>
    Repair,
}
