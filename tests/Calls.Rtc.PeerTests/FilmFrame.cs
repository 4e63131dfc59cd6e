using System.Buffers.Binary;

namespace Calls.Rtc.PeerTests;

/// <summary>One packet of a video frame that says which it is, behind a VP8 descriptor (RFC 7741 section 4.2).</summary>
/// <param name="IsKey">Whether the frame needs no other.</param>
/// <param name="Number">Counts frames.</param>
/// <param name="Packet">Its place in the frame.</param>
/// <param name="Count">Packets of the frame.</param>
internal readonly record struct FilmFrame(bool IsKey, int Number, int Packet, int Count)
{
    private const int HeaderLength = 8;

    public byte[] Write(int length)
    {
        byte[] payload = new byte[Math.Max(length, HeaderLength)];
        payload[0] = (byte)(Packet == 0 ? 0x10 : 0x00);

        // Bit 0 clear starts a key frame (RFC 7741, section 4.3); other packets of a frame hold anything here.
        payload[1] = (byte)(IsKey ? Packet << 1 : (Packet << 1) | 1);
        BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(2), Number);
        payload[6] = (byte)Packet;
        payload[7] = (byte)Count;
        return payload;
    }

    public static FilmFrame Read(ReadOnlySpan<byte> payload) =>
        new((payload[1] & 1) == 0, BinaryPrimitives.ReadInt32BigEndian(payload[2..]), payload[6], payload[7]);
}
