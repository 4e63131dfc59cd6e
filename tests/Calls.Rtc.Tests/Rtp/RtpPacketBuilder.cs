using System.Buffers.Binary;

namespace Calls.Rtc.Tests.Rtp;

/// <summary>Builds plain RTP packets for tests.</summary>
internal sealed record RtpPacketBuilder
{
    public uint Ssrc { get; init; } = 0x1111_1111;

    public byte PayloadType { get; init; } = 111;

    public ushort SequenceNumber { get; init; }

    public uint Timestamp { get; init; }

    public bool HasMarker { get; init; }

    public uint[] Csrcs { get; init; } = [];

    /// <summary>Id and data of each header extension.</summary>
    public (byte Id, byte[] Data)[] Extensions { get; init; } = [];

    public bool TwoByteForm { get; init; }

    public byte[] Payload { get; init; } = [1, 2, 3];

    /// <summary>Padding octets, the count included.</summary>
    public byte Padding { get; init; }

    public byte[] Build()
    {
        var packet = new List<byte>
        {
            (byte)(0x80 | (Padding > 0 ? 0x20 : 0) | (Extensions.Length > 0 ? 0x10 : 0) | Csrcs.Length),
            (byte)(PayloadType | (HasMarker ? 0x80 : 0)),
        };
        Append(packet, 2, SequenceNumber);
        Append(packet, 4, Timestamp);
        Append(packet, 4, Ssrc);
        foreach (uint csrc in Csrcs)
        {
            Append(packet, 4, csrc);
        }

        if (Extensions.Length > 0)
        {
            var block = new List<byte>();
            foreach ((byte id, byte[] data) in Extensions)
            {
                block.AddRange(TwoByteForm ? [id, (byte)data.Length] : [(byte)((id << 4) | (data.Length - 1))]);
                block.AddRange(data);
            }

            block.AddRange(new byte[-block.Count & 3]);
            Append(packet, 2, TwoByteForm ? 0x1000u : 0xBEDEu);
            Append(packet, 2, (uint)block.Count / 4);
            packet.AddRange(block);
        }

        packet.AddRange(Payload);
        if (Padding > 0)
        {
            packet.AddRange(new byte[Padding - 1]);
            packet.Add(Padding);
        }

        return [.. packet];
    }

    private static void Append(List<byte> packet, int length, uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        packet.AddRange(bytes[(4 - length)..]);
    }
}
