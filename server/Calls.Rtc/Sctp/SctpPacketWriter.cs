using System.Buffers.Binary;

namespace Calls.Rtc.Sctp;

/// <summary>Collects chunks into one packet, whose buffer is used again for the next.</summary>
internal sealed class SctpPacketWriter(ushort localPort, ushort remotePort, int maxPacketLength)
{
    private readonly byte[] _buffer = new byte[maxPacketLength];
    private int _length;

    public bool HasChunks => _length > SctpPacketView.HeaderLength;

    /// <summary>Starts a packet; what was written and not finished is forgotten.</summary>
    public void Begin(uint verificationTag)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_buffer, localPort);
        BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(2), remotePort);
        BinaryPrimitives.WriteUInt32BigEndian(_buffer.AsSpan(4), verificationTag);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(SctpPacketView.ChecksumOffset), 0);
        _length = SctpPacketView.HeaderLength;
    }

    public bool HasRoomFor(int valueLength) =>
        Math.Max(_length, SctpPacketView.HeaderLength) + PaddedLength(valueLength) <= _buffer.Length;

    /// <summary>Adds a chunk for which there is room.</summary>
    /// <returns>The chunk's value, to be filled in completely.</returns>
    public Span<byte> AddChunk(SctpChunkType type, byte flags, int valueLength)
    {
        Span<byte> chunk = _buffer.AsSpan(_length, PaddedLength(valueLength));
        chunk[0] = (byte)type;
        chunk[1] = flags;
        BinaryPrimitives.WriteUInt16BigEndian(chunk[2..], (ushort)(SctpChunkView.HeaderLength + valueLength));
        chunk[(SctpChunkView.HeaderLength + valueLength)..].Clear();
        _length += chunk.Length;
        return chunk.Slice(SctpChunkView.HeaderLength, valueLength);
    }

    /// <summary>Seals the packet. The span is valid until the next <see cref="Begin"/>.</summary>
    public ReadOnlySpan<byte> Finish()
    {
        Span<byte> packet = _buffer.AsSpan(0, _length);
        uint checksum = SctpPacketView.ComputeChecksum(packet);
        BinaryPrimitives.WriteUInt32LittleEndian(packet[SctpPacketView.ChecksumOffset..], checksum);
        _length = 0;
        return packet;
    }

    private static int PaddedLength(int valueLength) => (SctpChunkView.HeaderLength + valueLength + 3) & ~3;
}
