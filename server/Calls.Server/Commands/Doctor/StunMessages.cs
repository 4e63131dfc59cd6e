using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Calls.Server.Commands.Doctor;

/// <summary>The few STUN and TURN messages of a client that only asks whether a server works (RFC 8489, RFC 8656).</summary>
internal static class StunMessages
{
    public const ushort Binding = 0x0001;
    public const ushort Allocate = 0x0003;
    public const ushort Refresh = 0x0004;
    public const ushort Success = 0x0100;

    public const ushort Username = 0x0006;
    public const ushort ErrorCode = 0x0009;
    public const ushort Lifetime = 0x000D;
    public const ushort Realm = 0x0014;
    public const ushort Nonce = 0x0015;
    public const ushort RequestedTransport = 0x0019;

    private const ushort MessageIntegrity = 0x0008;
    private const uint MagicCookie = 0x2112A442;
    private const int HeaderSize = 20;
    private const int IntegritySize = 24;

    /// <summary>A request with a random transaction id.</summary>
    /// <param name="key">Of the long-term credentials (RFC 8489, section 9.2.2); <c>null</c> = without integrity.</param>
    public static byte[] Write(ushort type, byte[]? key, params (ushort Type, byte[] Value)[] attributes)
    {
        var body = new List<byte>();
        foreach ((ushort attribute, byte[] value) in attributes)
        {
            Append(body, attribute, value);
        }

        byte[] message = new byte[HeaderSize + body.Count + (key is null ? 0 : IntegritySize)];
        BinaryPrimitives.WriteUInt16BigEndian(message, type);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), (ushort)(message.Length - HeaderSize));
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), MagicCookie);
        RandomNumberGenerator.Fill(message.AsSpan(8, 12));
        body.CopyTo(message, HeaderSize);
        if (key is not null)
        {
            Span<byte> integrity = message.AsSpan(HeaderSize + body.Count);
            BinaryPrimitives.WriteUInt16BigEndian(integrity, MessageIntegrity);
            BinaryPrimitives.WriteUInt16BigEndian(integrity[2..], 20);
            HMACSHA1.HashData(key, message.AsSpan(0, HeaderSize + body.Count), integrity[4..]);
        }

        return message;
    }

    /// <summary>Whether a datagram answers a request, and with which type and attributes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> datagram, ReadOnlySpan<byte> request, out ushort type, out Dictionary<ushort, byte[]> attributes)
    {
        (type, attributes) = (0, []);
        if (datagram.Length < HeaderSize || !datagram[4..HeaderSize].SequenceEqual(request[4..HeaderSize]))
        {
            return false;
        }

        type = BinaryPrimitives.ReadUInt16BigEndian(datagram);
        ReadOnlySpan<byte> rest = datagram[HeaderSize..];
        while (rest.Length >= 4)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
            int padded = (length + 3) & ~3;
            if (rest.Length < 4 + length)
            {
                return false;
            }

            attributes[BinaryPrimitives.ReadUInt16BigEndian(rest)] = rest.Slice(4, length).ToArray();
            rest = rest.Length < 4 + padded ? default : rest[(4 + padded)..];
        }

        return true;
    }

    /// <summary>The key of long-term credentials; MD5 is what the protocol prescribes.</summary>
    public static byte[] KeyOf(string username, string realm, string password) =>
        MD5.HashData(Encoding.UTF8.GetBytes($"{username}:{realm}:{password}"));

    private static void Append(List<byte> body, ushort type, byte[] value)
    {
        byte[] head = new byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(head, type);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(2), (ushort)value.Length);
        body.AddRange(head);
        body.AddRange(value);
        body.AddRange(new byte[-value.Length & 3]);
    }
}
