using Calls.Rtc.Rtp;

namespace Calls.Rtc.Tests.Sfu;

/// <summary>A packet as a client decrypted it.</summary>
internal sealed record ReceivedRtp(
    TestClient? Publisher, uint Ssrc, byte PayloadType, ushort SequenceNumber, uint Timestamp, bool HasMarker, byte[] Payload, byte[] Plain)
{
    /// <summary>Data of a header extension, <c>null</c> without it.</summary>
    public byte[]? Extension(byte id)
    {
        Assert.True(RtpPacketView.TryParse(Plain, out RtpPacketView packet));
        return packet.TryGetExtension(id, out ReadOnlySpan<byte> data) ? data.ToArray() : null;
    }
}
