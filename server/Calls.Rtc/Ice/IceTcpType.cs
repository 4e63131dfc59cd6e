namespace Calls.Rtc.Ice;

/// <summary>Who opens the connection of a TCP candidate (RFC 6544, section 4.5).</summary>
public enum IceTcpType
{
    /// <summary>Not a TCP candidate.</summary>
    None,

    /// <summary>The candidate's owner connects; its port means nothing (browsers write 9).</summary>
    Active,

    /// <summary>The owner listens: the only kind that we offer.</summary>
    Passive,

    SimultaneousOpen,
}
