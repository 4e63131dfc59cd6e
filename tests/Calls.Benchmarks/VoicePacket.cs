using System.Buffers.Binary;

namespace Calls.Benchmarks;

/// <summary>20 ms of Opus as Chromium sends them: audio level and transport-wide number in the header.</summary>
internal static class VoicePacket
{
    public const byte PayloadType = 111;

    /// <summary>Bytes without protection.</summary>
    public const int Size = 120;

    public static void WriteHeader(Span<byte> packet, uint ssrc, ushort sequenceNumber)
    {
        packet[0] = 0x90; // version 2 with extensions
        packet[1] = PayloadType;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], sequenceNumber);
        BinaryPrimitives.WriteUInt32BigEndian(packet[4..], sequenceNumber * 960u);
        BinaryPrimitives.WriteUInt32BigEndian(packet[8..], ssrc);
        BinaryPrimitives.WriteUInt32BigEndian(packet[12..], 0xBEDE_0002);
        packet[16] = 0x10; // audio level, 1 byte
        packet[17] = 30;
        packet[18] = 0x51; // transport-wide number, 2 bytes
        BinaryPrimitives.WriteUInt16BigEndian(packet[19..], sequenceNumber);
        packet[21..24].Clear();
    }
}
