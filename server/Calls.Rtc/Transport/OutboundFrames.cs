using System.Buffers.Binary;

namespace Calls.Rtc.Transport;

/// <summary>Framed packets (RFC 4571) that a stream has not taken yet, in order.</summary>
/// <remarks>
/// Media may fill <see cref="MaxMediaBytes"/>: a receiver that far behind plays what it gets too late anyway. STUN and DTLS have room
/// beyond that, as their loss would end the session. Memory is rented while something waits. Loop thread only.
/// </remarks>
internal sealed class OutboundFrames(StreamSegments memory)
{
    /// <summary>media.md 1.4.</summary>
    public const int MaxMediaBytes = 256 * 1024;

    public const int MaxBytes = MaxMediaBytes + (64 * 1024);

    // One more, as the first and the last may be partly filled.
    private readonly byte[]?[] _segments = new byte[(MaxBytes / StreamSegments.SegmentSize) + 1][];
    private int _first;
    private int _used;
    private int _start;
    private int _end;

    /// <summary>Bytes that wait, headers included.</summary>
    public int Bytes { get; private set; }

    /// <summary>The bytes to write next: all of them, or as many as lie together.</summary>
    public ReadOnlySpan<byte> Next
    {
        get
        {
            int end = _used == 1 ? _end : StreamSegments.SegmentSize;
            return _used == 0 ? default : _segments[_first].AsSpan(_start, end - _start);
        }
    }

    /// <summary>Queues a packet. <c>false</c>: there is no room for one of its kind.</summary>
    public bool TryAdd(ReadOnlySpan<byte> packet, bool isMedia)
    {
        int size = FrameReader.HeaderSize + packet.Length;
        if (Bytes + size > (isMedia ? MaxMediaBytes : MaxBytes) || !TryMakeRoom(size))
        {
            return false;
        }

        Span<byte> header = stackalloc byte[FrameReader.HeaderSize];
        BinaryPrimitives.WriteUInt16BigEndian(header, (ushort)packet.Length);
        Append(header);
        Append(packet);
        return true;
    }

    /// <summary>Takes off what was written of <see cref="Next"/>.</summary>
    public void Advance(int written)
    {
        _start += written;
        Bytes -= written;
        if (Bytes == 0)
        {
            Clear();
        }
        else if (_start == StreamSegments.SegmentSize)
        {
            memory.Return(_segments[_first]!);
            _segments[_first] = null;
            _first = (_first + 1) % _segments.Length;
            _used--;
            _start = 0;
        }
    }

    public void Clear()
    {
        for (; _used > 0; _used--)
        {
            memory.Return(_segments[_first]!);
            _segments[_first] = null;
            _first = (_first + 1) % _segments.Length;
        }

        _start = _end = Bytes = 0;
    }

    // A frame is smaller than a segment, so one more is always enough.
    private bool TryMakeRoom(int size)
    {
        if (_used > 0 && StreamSegments.SegmentSize - _end >= size)
        {
            return true;
        }

        int next = (_first + _used) % _segments.Length;
        if (_used == _segments.Length || memory.TryRent() is not { } segment)
        {
            return false;
        }

        _segments[next] = segment;
        return true;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        Bytes += bytes.Length;
        while (!bytes.IsEmpty)
        {
            if (_used == 0 || _end == StreamSegments.SegmentSize)
            {
                // Rented by TryMakeRoom.
                _used++;
                _end = 0;
            }

            Span<byte> room = _segments[(_first + _used - 1) % _segments.Length].AsSpan(_end);
            int count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            bytes = bytes[count..];
            _end += count;
        }
    }
}
