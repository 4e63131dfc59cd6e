namespace Calls.Rtc.Srtp;

/// <summary>Authenticates and decrypts what one peer sends, and drops what it already sent once.</summary>
/// <remarks>Owned by one loop at a time: not thread-safe. Allocates nothing after construction.</remarks>
public sealed class SrtpInbound : IDisposable
{
    /// <summary>SSRCs remembered per peer (media.md 9.7). Packets of further ones are dropped until <see cref="Forget"/> makes room.</summary>
    public const int MaxSsrcs = 64;

    private readonly SrtpTransform _transform;
    private readonly uint[] _ssrcs = new uint[MaxSsrcs];
    private readonly SrtpStream[] _streams = new SrtpStream[MaxSsrcs];
    private readonly long[] _results = new long[(int)SrtpResult.Disposed + 1];
    private int _streamCount;
    private bool _disposed;

    internal SrtpInbound(SrtpTransform transform) => _transform = transform;

    /// <summary>SSRCs known at present.</summary>
    public int SsrcCount => _streamCount;

    /// <summary>How many packets, RTP and RTCP together, had this result.</summary>
    public long Count(SrtpResult result) => _results[(int)result];

    /// <summary>Authenticates and decrypts an SRTP packet in place (RFC 3711 3.3, RFC 7714 8).</summary>
    /// <param name="packet">The datagram as received. On success it starts with the plain packet; otherwise it is unchanged.</param>
    /// <param name="length">On success, the plain packet's length in bytes; otherwise 0.</param>
    public SrtpResult TryUnprotect(Span<byte> packet, out int length)
    {
        SrtpResult result = Unprotect(packet);
        length = result == SrtpResult.Ok ? packet.Length - _transform.RtpOverhead : 0;
        _results[(int)result]++;
        return result;
    }

    /// <summary>Authenticates and decrypts an SRTCP packet in place (RFC 3711 3.4, RFC 7714 9).</summary>
    /// <param name="packet">The datagram as received. On success it starts with the plain packet; otherwise it is unchanged.</param>
    /// <param name="length">On success, the plain packet's length in bytes; otherwise 0.</param>
    public SrtpResult TryUnprotectRtcp(Span<byte> packet, out int length)
    {
        SrtpResult result = UnprotectRtcp(packet);
        length = result == SrtpResult.Ok ? packet.Length - _transform.RtcpOverhead : 0;
        _results[(int)result]++;
        return result;
    }

    /// <summary>Makes room by dropping the state of an SSRC that signaling has removed. <c>false</c>: it was not known.</summary>
    /// <remarks>Its old packets would authenticate again, so the caller must not route an SSRC that it has removed.</remarks>
    public bool Forget(uint ssrc)
    {
        int slot = Find(ssrc);

        if (slot < 0)
        {
            return false;
        }

        _streamCount--;
        _ssrcs[slot] = _ssrcs[_streamCount];
        _streams[slot] = _streams[_streamCount];
        _streams[_streamCount] = default;
        return true;
    }

    public void Dispose()
    {
        _disposed = true;
        _transform.Dispose();
    }

    private SrtpResult Unprotect(Span<byte> packet)
    {
        if (_disposed)
        {
            return SrtpResult.Disposed;
        }

        if (packet.Length < RtpHeader.MinLength + _transform.RtpOverhead)
        {
            return SrtpResult.TooShort;
        }

        if (!RtpHeader.TryGetLength(packet[..^_transform.RtpOverhead], out int headerLength))
        {
            return SrtpResult.Malformed;
        }

        uint ssrc = RtpHeader.Ssrc(packet);
        ushort sequenceNumber = RtpHeader.SequenceNumber(packet);
        int slot = Find(ssrc);

        if (slot < 0 && _streamCount == MaxSsrcs)
        {
            return SrtpResult.TooManySsrcs;
        }

        // The first packet of an SSRC sets the sequence number, with a rollover counter of 0 (RFC 3711 3.3.1).
        long index = sequenceNumber;

        if (slot >= 0 && !_streams[slot].Rtp.IsEmpty)
        {
            index = PacketIndex.Estimate(_streams[slot].Rtp.Highest, sequenceNumber);

            if (index is < 0 or > PacketIndex.Max)
            {
                return SrtpResult.TooOld;
            }

            SrtpResult replay = _streams[slot].Rtp.Check(index);

            if (replay != SrtpResult.Ok)
            {
                return replay;
            }
        }

        if (!_transform.UnprotectRtp(packet, headerLength, (ulong)index))
        {
            return SrtpResult.AuthenticationFailed;
        }

        _streams[slot >= 0 ? slot : Add(ssrc)].Rtp.Accept(index);
        return SrtpResult.Ok;
    }

    private SrtpResult UnprotectRtcp(Span<byte> packet)
    {
        if (_disposed)
        {
            return SrtpResult.Disposed;
        }

        if (packet.Length < RtpHeader.RtcpClearLength + _transform.RtcpOverhead)
        {
            return SrtpResult.TooShort;
        }

        if (!RtpHeader.IsVersion2(packet))
        {
            return SrtpResult.Malformed;
        }

        uint indexWord = _transform.ReadRtcpIndexWord(packet);

        if (indexWord <= SrtcpIndex.Max)
        {
            return SrtpResult.NotEncrypted;
        }

        uint index = indexWord & SrtcpIndex.Max;
        uint ssrc = RtpHeader.RtcpSenderSsrc(packet);
        int slot = Find(ssrc);

        if (slot < 0 && _streamCount == MaxSsrcs)
        {
            return SrtpResult.TooManySsrcs;
        }

        SrtpResult replay = slot < 0 ? SrtpResult.Ok : _streams[slot].Rtcp.Check(index);

        if (replay != SrtpResult.Ok)
        {
            return replay;
        }

        if (!_transform.UnprotectRtcp(packet, index))
        {
            return SrtpResult.AuthenticationFailed;
        }

        _streams[slot >= 0 ? slot : Add(ssrc)].Rtcp.Accept(index);
        return SrtpResult.Ok;
    }

    private int Find(uint ssrc) => _ssrcs.AsSpan(0, _streamCount).IndexOf(ssrc);

    // Only for authenticated packets: state cannot be made to grow by anyone but the peer itself.
    private int Add(uint ssrc)
    {
        _ssrcs[_streamCount] = ssrc;
        return _streamCount++;
    }
}
