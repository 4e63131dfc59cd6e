using System.Buffers.Binary;

namespace Calls.Rtc.Rtcp;

/// <summary>Arrival times of a run of packets (draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1).</summary>
internal readonly ref struct TransportCcFeedback
{
    public const int Format = 15;

    /// <summary>Arrival times are counted in units of 250 microseconds.</summary>
    public const int TicksPerMillisecond = 4;

    /// <summary>The reference time counts units of 64 ms.</summary>
    internal const int TicksPerReference = 64 * TicksPerMillisecond;

    internal const int FixedLength = 20;

    // Runs let a few bytes claim 65535 packets, each of which costs a look-up.
    private const int MaxStatuses = 4096;

    private readonly ReadOnlySpan<byte> _body;

    private TransportCcFeedback(ReadOnlySpan<byte> body)
    {
        _body = body;
    }

    public uint SenderSsrc => BinaryPrimitives.ReadUInt32BigEndian(_body);

    public uint MediaSsrc => BinaryPrimitives.ReadUInt32BigEndian(_body[4..]);

    public ushort BaseSequenceNumber => BinaryPrimitives.ReadUInt16BigEndian(_body[8..]);

    /// <summary>Packets covered, received or not.</summary>
    public ushort StatusCount => BinaryPrimitives.ReadUInt16BigEndian(_body[10..]);

    /// <summary>In units of 64 ms since an arbitrary start, 24 bits signed.</summary>
    public int ReferenceTime => BinaryPrimitives.ReadInt32BigEndian(_body[12..]) >> 8;

    /// <summary>Counts feedback packets, to detect lost ones.</summary>
    public byte FeedbackCount => _body[15];

    /// <summary>The statuses in order of sequence number.</summary>
    public TransportCcStatusReader Statuses => new(_body[16..], BaseSequenceNumber, StatusCount, (long)ReferenceTime * TicksPerReference);

    /// <summary><c>false</c> as well if the chunks claim more packets or times than the packet holds, or more packets than can be under way.</summary>
    public static bool TryParse(RtcpPacketView packet, out TransportCcFeedback feedback)
    {
        feedback = default;
        if (!packet.Is(RtcpPacketType.TransportFeedback, Format) || packet.Body.Length < 16)
        {
            return false;
        }

        var candidate = new TransportCcFeedback(packet.Body);
        if (candidate.StatusCount > MaxStatuses)
        {
            return false;
        }

        TransportCcStatusReader statuses = candidate.Statuses;
        while (statuses.MoveNext())
        {
        }

        if (statuses.IsMalformed)
        {
            return false;
        }

        feedback = candidate;
        return true;
    }
}
