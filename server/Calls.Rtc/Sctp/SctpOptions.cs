using System.Security.Cryptography;

namespace Calls.Rtc.Sctp;

/// <summary>Numbers of an association. The defaults are those of media.md section 7.</summary>
public sealed record SctpOptions
{
    public ushort LocalPort { get; init; } = 5000;

    public ushort RemotePort { get; init; } = 5000;

    /// <summary>Largest packet sent, in bytes: with 37 bytes of DTLS record it makes a datagram of 1200 (media.md 2.5).</summary>
    public int MaxPacketLength { get; init; } = 1163;

    /// <summary>Bytes of received data held before the peer has to wait; announced as a_rwnd.</summary>
    public int ReceiveWindow { get; init; } = 1 << 20;

    /// <summary>Largest message accepted, in bytes; a longer one ends the association.</summary>
    public int MaxInboundMessageLength { get; init; } = 256 * 1024;

    /// <summary>Bytes that may wait for transmission or acknowledgement; more ends the association.</summary>
    public int SendQueueLength { get; init; } = 1 << 20;

    /// <summary>Fills a span with random bytes: tag, first TSN and cookie key are drawn from it.</summary>
    public Action<Span<byte>> FillRandom { get; init; } = RandomNumberGenerator.Fill;
}
