using System.Buffers.Binary;

namespace Calls.Rtc.Transport;

/// <summary>Takes packets out of a byte stream: two bytes of length, most significant first, before each (RFC 4571, section 2).</summary>
/// <remarks>Keeps the packet that is not complete yet, and nothing else. Allocates only when it is made.</remarks>
internal sealed class FrameReader
{
    public const int HeaderSize = 2;

    private readonly byte[] _packet = GC.AllocateUninitializedArray<byte>(PacketBuffer.Capacity);
    private int _headerBytes;
    private int _length;
    private int _done;

    /// <summary>Reads on in the stream.</summary>
    /// <param name="stream">What has arrived; on return, what is left of it.</param>
    /// <param name="maxLength">Longer packets are a violation. Those that are longer than a datagram, but not that long, are skipped.</param>
    /// <param name="packet">Set for <see cref="FrameResult.Packet"/>: writable and valid until the next call.</param>
    public FrameResult TryRead(ref ReadOnlySpan<byte> stream, int maxLength, out Span<byte> packet)
    {
        packet = default;
        while (_headerBytes < HeaderSize)
        {
            if (stream.IsEmpty)
            {
                return FrameResult.Incomplete;
            }

            _packet[_headerBytes++] = stream[0];
            stream = stream[1..];
            if (_headerBytes == HeaderSize)
            {
                _length = BinaryPrimitives.ReadUInt16BigEndian(_packet);
                _done = 0;
            }
        }

        if (_length > maxLength)
        {
            return FrameResult.Violation;
        }

        int taken = Math.Min(_length - _done, stream.Length);
        bool fits = _length <= PacketBuffer.MaxDatagram;
        if (fits)
        {
            stream[..taken].CopyTo(_packet.AsSpan(_done));
        }

        stream = stream[taken..];
        _done += taken;
        if (_done < _length)
        {
            return FrameResult.Incomplete;
        }

        _headerBytes = 0;
        if (!fits)
        {
            return FrameResult.Skipped;
        }

        packet = _packet.AsSpan(0, _length);
        return FrameResult.Packet;
    }
}
