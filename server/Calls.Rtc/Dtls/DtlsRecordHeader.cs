using System.Buffers.Binary;

namespace Calls.Rtc.Dtls;

/// <summary>What can be said of a datagram from its record headers alone (RFC 6347 4.1).</summary>
internal static class DtlsRecordHeader
{
    public const int Length = 13;

    private const byte VersionMajor = 0xFE;
    private const int EpochOffset = 3;
    private const int LengthOffset = 11;

    // Explicit nonce and tag of AES-GCM (RFC 5288 3), the only kind of suite that we negotiate.
    private const int MinEncryptedLength = 8 + 16;

    /// <summary>Walks the records of a datagram.</summary>
    /// <param name="datagram">As received.</param>
    /// <param name="isEncrypted">Whether one of the records is of an epoch after the first.</param>
    /// <returns>
    /// <c>false</c> if a record is cut off, of another version, or encrypted and too short to hold a tag. OpenSSL 3.0 takes the last for an
    /// error of its own and ends the session, which anybody who can forge the peer's address could use.
    /// </returns>
    public static bool TryWalk(ReadOnlySpan<byte> datagram, out bool isEncrypted)
    {
        isEncrypted = false;

        while (datagram.Length >= Length && datagram[1] == VersionMajor)
        {
            int fragmentLength = BinaryPrimitives.ReadUInt16BigEndian(datagram[LengthOffset..]);

            if (BinaryPrimitives.ReadUInt16BigEndian(datagram[EpochOffset..]) != 0)
            {
                isEncrypted = true;

                if (fragmentLength < MinEncryptedLength)
                {
                    return false;
                }
            }

            if (datagram.Length - Length < fragmentLength)
            {
                return false;
            }

            datagram = datagram[(Length + fragmentLength)..];

            if (datagram.IsEmpty)
            {
                return true;
            }
        }

        return false;
    }
}
