using System.Buffers.Binary;

namespace Calls.Rtc.Rtcp;

/// <summary>REMB: how much the receiver believes it can receive (draft-alvestrand-rmcat-remb-03, section 2.2).</summary>
internal readonly record struct ReceiverEstimatedMaxBitrate(uint SenderSsrc, long BitsPerSecond)
{
    /// <summary>Application layer feedback, of which this is one kind.</summary>
    public const int Format = 15;

    private const int FixedBodyLength = 16;
    private const uint UniqueIdentifier = 0x52454D42; // "REMB"

    /// <summary><c>false</c> for other application layer feedback, and if it does not fit.</summary>
    public static bool TryParse(RtcpPacketView packet, out ReceiverEstimatedMaxBitrate estimate)
    {
        estimate = default;
        ReadOnlySpan<byte> body = packet.Body;
        if (!packet.Is(RtcpPacketType.PayloadFeedback, Format)
            || body.Length < FixedBodyLength
            || BinaryPrimitives.ReadUInt32BigEndian(body[8..]) != UniqueIdentifier
            || body.Length < FixedBodyLength + (body[12] * 4))
        {
            return false;
        }

        // 6 bits of exponent, 18 of mantissa; what does not fit into 63 bits is more than anything carries.
        int exponent = body[13] >> 2;
        long mantissa = ((body[13] & 3) << 16) | (body[14] << 8) | body[15];
        long bitsPerSecond = exponent > 44 ? long.MaxValue : mantissa << exponent;
        estimate = new(BinaryPrimitives.ReadUInt32BigEndian(body), bitsPerSecond);
        return true;
    }

    /// <summary>Writes the packet; <paramref name="destination"/> has at least 24 bytes.</summary>
    /// <returns>Length in bytes.</returns>
    public static int Write(Span<byte> destination, uint senderSsrc, long bitsPerSecond, uint mediaSsrc)
    {
        const int Length = RtcpPacketView.HeaderLength + FixedBodyLength + 4;
        int exponent = 0;
        while (bitsPerSecond >> exponent > 0x3FFFF)
        {
            exponent++;
        }

        uint mantissa = (uint)(bitsPerSecond >> exponent);
        RtcpWriter.WriteHeader(destination, RtcpPacketType.PayloadFeedback, Format, Length);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], senderSsrc);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], 0);
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], UniqueIdentifier);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], (1u << 24) | ((uint)exponent << 18) | mantissa);
        BinaryPrimitives.WriteUInt32BigEndian(destination[20..], mediaSsrc);
        return Length;
    }
}
