using System.Buffers.Binary;

namespace Calls.Server.Rtcd.WebSockets;

/// <summary>Writes the frames of a server: whole, unmasked (RFC 6455, section 5).</summary>
internal static class FrameWriter
{
    public static byte[] Write(FrameOpcode opcode, ReadOnlySpan<byte> payload)
    {
        int header = payload.Length switch { <= 125 => 2, <= ushort.MaxValue => 4, _ => 10 };
        byte[] frame = new byte[header + payload.Length];
        frame[0] = (byte)(0x80 | (int)opcode);
        switch (header)
        {
            case 2:
                frame[1] = (byte)payload.Length;
                break;
            case 4:
                frame[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
                break;
            default:
                frame[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(2), (ulong)payload.Length);
                break;
        }

        payload.CopyTo(frame.AsSpan(header));
        return frame;
    }

    /// <summary>A close frame.</summary>
    public static byte[] WriteClose(int code, ReadOnlySpan<byte> reason = default)
    {
        Span<byte> payload = stackalloc byte[2 + reason.Length];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        reason.CopyTo(payload[2..]);
        return Write(FrameOpcode.Close, payload);
    }
}
