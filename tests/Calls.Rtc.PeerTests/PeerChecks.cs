using System.Buffers.Binary;
using System.Text;
using Calls.Rtc.Crypto;
using Calls.Rtc.Stun;

namespace Calls.Rtc.PeerTests;

/// <summary>Checks as anybody can write them.</summary>
internal static class PeerChecks
{
    public static byte[] Check(string serverUfrag, string clientUfrag, string serverPassword)
    {
        byte[] datagram = new byte[StunWriter.MaxSize];
        var check = new StunCheck
        {
            TransactionId = new byte[StunFormat.TransactionIdSize],
            Username = Encoding.ASCII.GetBytes($"{serverUfrag}:{clientUfrag}"),
            Priority = 1,
            IsControlling = true,
            TieBreaker = 1,
            UseCandidate = true,
        };
        return datagram[..StunWriter.WriteCheck(datagram, check, new HmacSha1Key(Encoding.ASCII.GetBytes(serverPassword)))];
    }

    public static byte[] Frame(ReadOnlySpan<byte> packet)
    {
        byte[] frame = new byte[Transport.FrameReader.HeaderSize + packet.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)packet.Length);
        packet.CopyTo(frame.AsSpan(Transport.FrameReader.HeaderSize));
        return frame;
    }
}
