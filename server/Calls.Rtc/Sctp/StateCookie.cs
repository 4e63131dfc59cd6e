using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Calls.Rtc.Sctp;

/// <summary>
/// What an INIT told us, handed to the peer instead of being remembered (RFC 9260, section 5.1.3), with a MAC so that
/// it comes back as it was.
/// </summary>
internal readonly record struct StateCookie(
    long CreatedAtMs, uint LocalTag, uint PeerTag, uint PeerInitialTsn, uint PeerReceiveWindow, ushort PeerInboundStreams, bool PeerResetsStreams)
{
    public const int Length = ContentLength + MacLength;

    /// <summary>Valid.Cookie.Life (RFC 9260, section 16).</summary>
    public const int LifetimeMs = 60_000;

    private const int ContentLength = 28;
    private const int MacLength = 16;

    public void Write(Span<byte> destination, ReadOnlySpan<byte> key)
    {
        BinaryPrimitives.WriteInt64BigEndian(destination, CreatedAtMs);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], LocalTag);
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], PeerTag);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], PeerInitialTsn);
        BinaryPrimitives.WriteUInt32BigEndian(destination[20..], PeerReceiveWindow);
        BinaryPrimitives.WriteUInt16BigEndian(destination[24..], PeerInboundStreams);
        BinaryPrimitives.WriteUInt16BigEndian(destination[26..], (ushort)(PeerResetsStreams ? 1 : 0));
        ComputeMac(destination[..ContentLength], key, destination.Slice(ContentLength, MacLength));
    }

    /// <returns><c>false</c> if this is no cookie made with <paramref name="key"/>.</returns>
    public static bool TryRead(ReadOnlySpan<byte> cookie, ReadOnlySpan<byte> key, out StateCookie state)
    {
        state = default;
        Span<byte> mac = stackalloc byte[MacLength];
        if (cookie.Length != Length)
        {
            return false;
        }

        ComputeMac(cookie[..ContentLength], key, mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, cookie[ContentLength..]))
        {
            return false;
        }

        state = new StateCookie(
            BinaryPrimitives.ReadInt64BigEndian(cookie),
            BinaryPrimitives.ReadUInt32BigEndian(cookie[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(cookie[12..]),
            BinaryPrimitives.ReadUInt32BigEndian(cookie[16..]),
            BinaryPrimitives.ReadUInt32BigEndian(cookie[20..]),
            BinaryPrimitives.ReadUInt16BigEndian(cookie[24..]),
            BinaryPrimitives.ReadUInt16BigEndian(cookie[26..]) != 0);
        return true;
    }

    private static void ComputeMac(ReadOnlySpan<byte> content, ReadOnlySpan<byte> key, Span<byte> mac)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, content, hash);
        hash[..MacLength].CopyTo(mac);
    }
}
