using System.Buffers.Binary;
using Calls.Rtc.Rtp;

namespace Calls.Rtc.Rtcp;

/// <summary>A list of missing packets (generic NACK, RFC 4585 section 6.2.1).</summary>
internal readonly ref struct Nack
{
    public const int Format = 1;

    private const int FixedLength = 12;

    private readonly ReadOnlySpan<byte> _body;

    private Nack(ReadOnlySpan<byte> body)
    {
        _body = body;
    }

    public uint SenderSsrc => BinaryPrimitives.ReadUInt32BigEndian(_body);

    public uint MediaSsrc => BinaryPrimitives.ReadUInt32BigEndian(_body[4..]);

    /// <summary>Number of items; each names 1 to 17 packets.</summary>
    public int ItemCount => (_body.Length - 8) / 4;

    public static bool TryParse(RtcpPacketView packet, out Nack nack)
    {
        bool fits = packet.Is(RtcpPacketType.TransportFeedback, Format) && packet.Body.Length >= 8;
        nack = fits ? new(packet.Body) : default;
        return fits;
    }

    /// <summary>An item: the packet <paramref name="sequenceNumber"/>, and for bit i of <paramref name="following"/> the packet i + 1 after it.</summary>
    public void GetItem(int index, out ushort sequenceNumber, out ushort following)
    {
        ReadOnlySpan<byte> item = _body[(8 + (index * 4))..];
        sequenceNumber = BinaryPrimitives.ReadUInt16BigEndian(item);
        following = BinaryPrimitives.ReadUInt16BigEndian(item[2..]);
    }

    /// <summary>Writes as many missing numbers as fit.</summary>
    /// <param name="missing">Ascending in sequence-number order, without repetitions.</param>
    /// <param name="written">How many of them the packet names.</param>
    /// <returns>Length in bytes, 0 if there is nothing to write or no room for one item.</returns>
    public static int Write(Span<byte> destination, uint senderSsrc, uint mediaSsrc, ReadOnlySpan<ushort> missing, out int written)
    {
        written = 0;
        if (missing.IsEmpty || destination.Length < FixedLength + 4)
        {
            return 0;
        }

        int length = FixedLength;
        while (written < missing.Length && length + 4 <= destination.Length)
        {
            ushort first = missing[written++];
            ushort following = 0;
            while (written < missing.Length)
            {
                int distance = SequenceNumber.Distance(first, missing[written]);
                if (distance is < 1 or > 16)
                {
                    break;
                }

                following |= (ushort)(1 << (distance - 1));
                written++;
            }

            BinaryPrimitives.WriteUInt16BigEndian(destination[length..], first);
            BinaryPrimitives.WriteUInt16BigEndian(destination[(length + 2)..], following);
            length += 4;
        }

        RtcpWriter.WriteHeader(destination, RtcpPacketType.TransportFeedback, Format, length);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], senderSsrc);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], mediaSsrc);
        return length;
    }
}
