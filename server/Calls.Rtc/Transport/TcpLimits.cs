namespace Calls.Rtc.Transport;

/// <summary>How much of a server strangers can take by connecting to its TCP port (media.md 1.4, 9.4).</summary>
public sealed record TcpLimits
{
    /// <summary>Connections in all.</summary>
    public int MaxConnections { get; init; } = 8_192;

    /// <summary>Connections from one address (IPv6: one /64) on which no check has been proven, or not for the present session.</summary>
    public int MaxUnprovenPerAddress { get; init; } = 16;

    /// <summary>Such connections in all.</summary>
    public int MaxUnproven { get; init; } = 1_024;

    /// <summary>How long a connection may stay unproven.</summary>
    public int UnprovenMs { get; init; } = 30_000;

    /// <summary>Longest packet on such a connection.</summary>
    public int MaxUnprovenPacket { get; init; } = 512;

    /// <summary>Longest packet on a proven one. Anything longer than a datagram is dropped, anything longer than this ends the connection.</summary>
    public int MaxPacket { get; init; } = 8 * 1024;

    /// <summary>Silence that ends a proven connection. Longer than consent lasts, so that the session decides first.</summary>
    public int IdleMs { get; init; } = 45_000;

    /// <summary>How long a connection with waiting packets may go without taking a byte.</summary>
    public int StalledMs { get; init; } = 20_000;

    /// <summary>How long a connection outlives its session, so that its last packets get out.</summary>
    public int LingerMs { get; init; } = 2_000;

    /// <summary>Memory of a loop for packets that wait, in bytes.</summary>
    public int MaxWaitingBytesPerLoop { get; init; } = 64 << 20;
}
