using System.Buffers.Binary;

namespace Calls.Rtc.Sctp;

/// <summary>Walks through the chunks of a packet.</summary>
internal ref struct SctpChunkReader(ReadOnlySpan<byte> rest)
{
    private ReadOnlySpan<byte> _rest = rest;

    /// <summary>The reader stopped at a chunk whose length cannot be.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Whether nothing follows the chunks read so far.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    public bool TryRead(out SctpChunkView chunk)
    {
        chunk = default;
        if (_rest.IsEmpty)
        {
            return false;
        }

        int length = _rest.Length < SctpChunkView.HeaderLength ? 0 : BinaryPrimitives.ReadUInt16BigEndian(_rest[2..]);
        if (length < SctpChunkView.HeaderLength || length > _rest.Length)
        {
            IsMalformed = true;
            return false;
        }

        chunk = new SctpChunkView(_rest[..length]);

        // The length does not count the padding, which a careless sender may leave out at the end of the packet.
        _rest = _rest[Math.Min((length + 3) & ~3, _rest.Length)..];
        return true;
    }
}
