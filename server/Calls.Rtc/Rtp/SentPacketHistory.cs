namespace Calls.Rtc.Rtp;

/// <summary>
/// The last packets of one outgoing stream, to be sent again byte for byte. What differs per receiver (header, extensions, the
/// first bytes of the payload) is kept here, the rest of the payload once per source in a <see cref="PayloadHistory"/>.
/// </summary>
/// <remarks>Owned by the loop that sends the stream. Allocates nothing after construction: about 100 bytes per packet.</remarks>
/// <param name="capacity">Packets, a power of two.</param>
internal sealed class SentPacketHistory(int capacity)
{
    /// <summary>Bytes of the payload that may differ from the source's: a codec's descriptor is shorter (RFC 7741, section 4.2).</summary>
    public const int PrivatePayloadBytes = 16;

    // A header with extensions and no more than a few contributing sources; longer ones are not kept.
    private const int MaxHeadBytes = 64;

    private readonly byte[] _heads = new byte[capacity * MaxHeadBytes];
    private readonly Entry[] _entries = new Entry[capacity];
    private readonly int _mask = capacity - 1;

    /// <summary>Keeps a packet that is about to be protected and sent.</summary>
    /// <param name="sequence">Extended, not below 0. Kept in the place of the packet <c>capacity</c> numbers before it.</param>
    /// <param name="packet">Plain. Its last bytes are those of the source's payload but for the first <see cref="PrivatePayloadBytes"/>.</param>
    /// <param name="payloadLength">Bytes of its payload.</param>
    /// <param name="payloads">Where the source's payload is kept.</param>
    /// <param name="payloadIndex">From <see cref="PayloadHistory.Add"/>; negative keeps nothing.</param>
    /// <param name="sourcePayloadLength">Bytes of the source's payload.</param>
    public void Add(long sequence, ReadOnlySpan<byte> packet, int payloadLength, PayloadHistory payloads, long payloadIndex, int sourcePayloadLength)
    {
        int tailLength = Math.Max(0, sourcePayloadLength - PrivatePayloadBytes);
        int headLength = packet.Length - tailLength;
        ref Entry entry = ref _entries[(int)sequence & _mask];
        if (entry.SequencePlusOne > sequence + 1)
        {
            return; // so late that its place belongs to a newer one
        }

        if (headLength > MaxHeadBytes || payloadIndex < 0)
        {
            entry = default;
            return;
        }

        packet[..headLength].CopyTo(HeadOf(sequence));
        entry = new()
        {
            SequencePlusOne = sequence + 1,
            Payloads = payloads,
            PayloadIndex = payloadIndex,
            HeadLength = (ushort)headLength,
            HeaderLength = (ushort)(packet.Length - payloadLength),
            TailLength = (ushort)tailLength,
            LastSentMs = long.MinValue,
        };
    }

    /// <summary>Finds a packet; <c>false</c> if it was never kept or has been overwritten.</summary>
    public bool TryGet(long sequence, out SentPacket packet)
    {
        ref Entry entry = ref _entries[(int)sequence & _mask];
        packet = default;
        if (sequence < 0 || entry.SequencePlusOne != sequence + 1 || !entry.Payloads!.TryGet(entry.PayloadIndex, out ReadOnlySpan<byte> payload))
        {
            return false;
        }

        packet = new(sequence, HeadOf(sequence)[..entry.HeadLength], entry.HeaderLength, payload[^entry.TailLength..]);
        return true;
    }

    /// <summary>Numbers a packet that was kept before it leaves.</summary>
    /// <param name="sequence">Of a packet that <see cref="TryGet"/> has just found; it was written without an audio level.</param>
    public void SetTransportSequenceNumber(long sequence, RtpExtensionIds extensionIds, ushort number) =>
        RtpWriter.SetTransportSequenceNumber(HeadOf(sequence), extensionIds, number);

    /// <summary>Notes that a packet is sent again now; <c>false</c> if that happened less than <paramref name="intervalMs"/> ago.</summary>
    /// <param name="sequence">Of a packet that <see cref="TryGet"/> has just found.</param>
    public bool TryRepeat(long sequence, long nowMs, long intervalMs)
    {
        ref Entry entry = ref _entries[(int)sequence & _mask];
        if (entry.LastSentMs != long.MinValue && nowMs - entry.LastSentMs < intervalMs)
        {
            return false;
        }

        entry.LastSentMs = nowMs;
        return true;
    }

    private Span<byte> HeadOf(long sequence) => _heads.AsSpan(((int)sequence & _mask) * MaxHeadBytes, MaxHeadBytes);

    private struct Entry
    {
        // 0 stands for a free entry.
        public long SequencePlusOne;
        public PayloadHistory? Payloads;
        public long PayloadIndex;
        public long LastSentMs;
        public ushort HeadLength;
        public ushort HeaderLength;
        public ushort TailLength;
    }
}
