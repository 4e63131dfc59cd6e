using System.Buffers.Binary;

namespace Calls.Rtc.Rtcp;

/// <summary>Splits a compound (RFC 3550 section 6.1) or reduced-size (RFC 5506) datagram into its packets.</summary>
/// <remarks>
/// The order and the presence of reports are not insisted on. A packet that does not fit ends the iteration with
/// <see cref="IsMalformed"/>; the packets before it stay valid.
/// </remarks>
internal ref struct RtcpReader(ReadOnlySpan<byte> datagram)
{
    private ReadOnlySpan<byte> _rest = datagram;
    private RtcpPacketView _current;

    public readonly RtcpPacketView Current => _current;

    /// <summary>Whether the iteration ended at bytes that are no RTCP packet.</summary>
    public bool IsMalformed { get; private set; }

    public bool MoveNext()
    {
        if (_rest.IsEmpty || IsMalformed)
        {
            return false;
        }

        if (_rest.Length < RtcpPacketView.HeaderLength || _rest[0] >> 6 != 2)
        {
            IsMalformed = true;
            return false;
        }

        // The length field counts 32-bit words minus one (RFC 3550, section 6.4.1).
        int length = (BinaryPrimitives.ReadUInt16BigEndian(_rest[2..]) + 1) * 4;
        if (length > _rest.Length)
        {
            IsMalformed = true;
            return false;
        }

        int padding = 0;
        if ((_rest[0] & 0x20) != 0)
        {
            // Browsers pad stand-alone feedback too (media.md 4.8), so the bit is accepted on every packet.
            padding = _rest[length - 1];
            if (padding == 0 || padding > length - RtcpPacketView.HeaderLength)
            {
                IsMalformed = true;
                return false;
            }
        }

        _current = new(_rest[..(length - padding)]);
        _rest = _rest[length..];
        return true;
    }
}
