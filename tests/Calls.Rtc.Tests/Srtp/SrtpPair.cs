using System.Buffers.Binary;
using Calls.Rtc.Srtp;

namespace Calls.Rtc.Tests.Srtp;

/// <summary>A sender and a receiver with the same random keys.</summary>
internal sealed class SrtpPair : IDisposable
{
    private readonly byte[] _buffer = new byte[2048];

    public SrtpPair(SrtpProfile profile, bool portable = false, int seed = 1)
    {
        byte[] exported = new byte[SrtpKeyingMaterial.ExportedLength(profile)];
        new Random(seed).NextBytes(exported);
        Assert.True(SrtpKeyingMaterial.TryCreate((ushort)profile, exported, out SrtpKeyingMaterial? keys));

        using (keys)
        {
            Outbound = new(keys.CreateTransform(SrtpSide.DtlsServer, CipherTests.Implementation(portable)));
            Inbound = new(keys.CreateTransform(SrtpSide.DtlsServer, CipherTests.Implementation(portable)));
        }
    }

    public SrtpOutbound Outbound { get; }

    public SrtpInbound Inbound { get; }

    public byte[] Protect(uint ssrc, ushort sequenceNumber, uint rolloverCounter = 0, int payloadLength = 20)
    {
        int length = WriteRtp(_buffer, ssrc, sequenceNumber, payloadLength);
        length = Outbound.Protect(_buffer, length, rolloverCounter);
        return _buffer[..length];
    }

    public byte[] ProtectRtcp(uint ssrc, uint index)
    {
        int length = WriteRtcp(_buffer, ssrc);
        length = Outbound.ProtectRtcp(_buffer, length, index);
        return _buffer[..length];
    }

    public SrtpResult Receive(byte[] packet) => Inbound.TryUnprotect((byte[])packet.Clone(), out _);

    public SrtpResult ReceiveRtcp(byte[] packet) => Inbound.TryUnprotectRtcp((byte[])packet.Clone(), out _);

    public static int WriteRtp(Span<byte> buffer, uint ssrc, ushort sequenceNumber, int payloadLength = 20)
    {
        // Version 2 with a one-byte header extension of one word.
        Span<byte> header = [0x90, 111, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0xBE, 0xDE, 0, 1, 0x10, 0x55, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], sequenceNumber);
        BinaryPrimitives.WriteUInt32BigEndian(header[8..], ssrc);
        header.CopyTo(buffer);
        buffer.Slice(header.Length, payloadLength).Fill((byte)sequenceNumber);
        return header.Length + payloadLength;
    }

    public static int WriteRtcp(Span<byte> buffer, uint ssrc)
    {
        Span<byte> report = [0x80, 201, 0, 1, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32BigEndian(report[4..], ssrc);
        report.CopyTo(buffer);
        buffer.Slice(8, 12).Fill(0x3C);
        return 20;
    }

    public void Dispose()
    {
        Outbound.Dispose();
        Inbound.Dispose();
    }
}
