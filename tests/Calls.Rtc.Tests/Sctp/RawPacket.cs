using Calls.Rtc.Sctp;

namespace Calls.Rtc.Tests.Sctp;

/// <summary>Packets made by hand, and what is in the ones sent.</summary>
internal static class RawPacket
{
    public static byte[] Build(uint tag, params (byte Type, byte Flags, byte[] Value)[] chunks)
    {
        var writer = new SctpPacketWriter(5000, 5000, 9000);
        writer.Begin(tag);
        foreach ((byte type, byte flags, byte[] value) in chunks)
        {
            value.CopyTo(writer.AddChunk((SctpChunkType)type, flags, value.Length));
        }

        return writer.Finish().ToArray();
    }

    public static List<(byte Type, byte Flags, byte[] Value)> Chunks(byte[] packet)
    {
        var chunks = new List<(byte, byte, byte[])>();
        Assert.True(SctpPacketView.TryParse(packet, out SctpPacketView view));
        Assert.Equal(SctpPacketView.ComputeChecksum(packet), view.Checksum);
        SctpChunkReader reader = view.Chunks;
        while (reader.TryRead(out SctpChunkView chunk))
        {
            chunks.Add(((byte)chunk.Type, chunk.Flags, chunk.Value.ToArray()));
        }

        Assert.False(reader.IsMalformed);
        return chunks;
    }

    public static uint Tag(byte[] packet)
    {
        Assert.True(SctpPacketView.TryParse(packet, out SctpPacketView view));
        return view.VerificationTag;
    }

    /// <summary>Big-endian 32-bit numbers, one after the other.</summary>
    public static byte[] Words(params uint[] words)
    {
        byte[] bytes = new byte[4 * words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4 * i), words[i]);
        }

        return bytes;
    }
}
