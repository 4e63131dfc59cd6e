namespace Calls.Rtc.Srtp;

/// <summary>Protects what we send to one peer.</summary>
/// <remarks>
/// Holds keys only: any loop may protect packets for this peer at any time, without a lock. Rollover counters and SRTCP indices belong to
/// whoever numbers the packets (<see cref="RolloverCounter"/>, <see cref="SrtcpIndex"/>), and no (SSRC, counter, sequence number) may come twice with different content.
/// <see cref="Dispose"/> zeroes the keys: call it only when no loop can still be inside <see cref="Protect"/>.
/// </remarks>
public sealed class SrtpOutbound : IDisposable
{
    private readonly SrtpTransform _transform;
    private volatile bool _disposed;

    internal SrtpOutbound(SrtpTransform transform) => _transform = transform;

    /// <summary>Bytes that <see cref="Protect"/> adds to a packet.</summary>
    public int RtpOverhead => _transform.RtpOverhead;

    /// <summary>Bytes that <see cref="ProtectRtcp"/> adds to a packet.</summary>
    public int RtcpOverhead => _transform.RtcpOverhead;

    /// <summary>Encrypts and authenticates an RTP packet in place (RFC 3711 3.1, RFC 7714 8).</summary>
    /// <param name="buffer">The packet, and behind it at least <see cref="RtpOverhead"/> bytes of room.</param>
    /// <param name="length">Length of the plain packet in bytes.</param>
    /// <param name="rolloverCounter">From the SSRC's <see cref="RolloverCounter"/>.</param>
    /// <returns>Length of the protected packet, or 0 if nothing was done: no RTP header, no room, or disposed.</returns>
    public int Protect(Span<byte> buffer, int length, uint rolloverCounter)
    {
        if ((uint)length > (uint)buffer.Length
            || buffer.Length - length < RtpOverhead
            || !RtpHeader.TryGetLength(buffer[..length], out int headerLength)
            || _disposed)
        {
            return 0;
        }

        Span<byte> packet = buffer[..(length + RtpOverhead)];
        _transform.ProtectRtp(packet, headerLength, (ulong)rolloverCounter << 16 | RtpHeader.SequenceNumber(packet));
        return packet.Length;
    }

    /// <summary>Encrypts and authenticates a compound RTCP packet in place (RFC 3711 3.4, RFC 7714 9).</summary>
    /// <param name="buffer">The packet, and behind it at least <see cref="RtcpOverhead"/> bytes of room.</param>
    /// <param name="length">Length of the plain packet in bytes.</param>
    /// <param name="index">From the sender SSRC's <see cref="SrtcpIndex"/>: 31 bits, never the same twice.</param>
    /// <returns>Length of the protected packet, or 0 if nothing was done: no RTCP header, no room, index too large, or disposed.</returns>
    public int ProtectRtcp(Span<byte> buffer, int length, uint index)
    {
        if ((uint)length > (uint)buffer.Length
            || buffer.Length - length < RtcpOverhead
            || length < RtpHeader.RtcpClearLength
            || !RtpHeader.IsVersion2(buffer)
            || index > SrtcpIndex.Max
            || _disposed)
        {
            return 0;
        }

        Span<byte> packet = buffer[..(length + RtcpOverhead)];
        _transform.ProtectRtcp(packet, index);
        return packet.Length;
    }

    public void Dispose()
    {
        _disposed = true;
        _transform.Dispose();
    }
}
