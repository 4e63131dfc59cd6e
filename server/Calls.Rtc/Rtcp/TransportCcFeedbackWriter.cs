using System.Buffers.Binary;

namespace Calls.Rtc.Rtcp;

/// <summary>Writes <see cref="TransportCcFeedback"/>.</summary>
internal static class TransportCcFeedbackWriter
{
    /// <summary>Most statuses of one packet, so that it fits into 1200 bytes whatever the statuses are.</summary>
    public const int MaxStatuses = 512;

    /// <summary>Marks a packet that has not arrived.</summary>
    public const long NotReceived = long.MinValue;

    private const byte Missing = 0;
    private const byte SmallDelta = 1;
    private const byte LargeDelta = 2;

    private const int OneBitSymbols = 14;
    private const int TwoBitSymbols = 7;
    private const int MaxRun = 0x1FFF;

    /// <summary>Bytes that <paramref name="statuses"/> need at most.</summary>
    public static int MaxLength(int statuses) =>
        TransportCcFeedback.FixedLength + (((statuses / TwoBitSymbols) + 1) * 2) + (statuses * 2) + 3;

    /// <summary>Writes feedback for the packets from <paramref name="baseSequenceNumber"/> on.</summary>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes.</param>
    /// <param name="arrivalTicks">
    /// One entry per sequence number, at most <see cref="MaxStatuses"/>: units of 250 microseconds, or <see cref="NotReceived"/>.
    /// </param>
    /// <param name="covered">Entries covered; fewer than given if two neighbours lie more than 8 s apart.</param>
    /// <returns>Length in bytes; 0 if no packet arrived.</returns>
    public static int Write(
        Span<byte> destination,
        uint senderSsrc,
        uint mediaSsrc,
        ushort baseSequenceNumber,
        byte feedbackCount,
        ReadOnlySpan<long> arrivalTicks,
        out int covered)
    {
        Span<byte> symbols = stackalloc byte[MaxStatuses];
        Span<short> deltas = stackalloc short[MaxStatuses];
        long reference = ReferenceTime(arrivalTicks);
        covered = Classify(arrivalTicks, reference * TransportCcFeedback.TicksPerReference, symbols, deltas);
        if (covered == 0)
        {
            return 0;
        }

        symbols = symbols[..covered];
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], senderSsrc);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], mediaSsrc);
        BinaryPrimitives.WriteUInt16BigEndian(destination[12..], baseSequenceNumber);
        BinaryPrimitives.WriteUInt16BigEndian(destination[14..], (ushort)covered);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], ((uint)reference << 8) | feedbackCount);

        int length = TransportCcFeedback.FixedLength;
        for (int i = 0; i < symbols.Length; length += 2)
        {
            BinaryPrimitives.WriteUInt16BigEndian(destination[length..], NextChunk(symbols, ref i));
        }

        for (int i = 0; i < symbols.Length; i++)
        {
            if (symbols[i] == SmallDelta)
            {
                destination[length++] = (byte)deltas[i];
            }
            else if (symbols[i] == LargeDelta)
            {
                BinaryPrimitives.WriteInt16BigEndian(destination[length..], deltas[i]);
                length += 2;
            }
        }

        int padding = -length & 3;
        RtcpWriter.WriteHeader(destination, RtcpPacketType.TransportFeedback, TransportCcFeedback.Format, length + padding);
        if (padding > 0)
        {
            destination.Slice(length, padding).Clear();
            destination[length + padding - 1] = (byte)padding;
            destination[0] |= 0x20;
        }

        return length + padding;
    }

    private static long ReferenceTime(ReadOnlySpan<long> arrivalTicks)
    {
        foreach (long ticks in arrivalTicks)
        {
            if (ticks != NotReceived)
            {
                // An arithmetic shift rounds down, so that the first delta is never negative.
                return ticks >> 8;
            }
        }

        return 0;
    }

    // Returns the entries up to the last received one that a 16-bit delta reaches.
    private static int Classify(ReadOnlySpan<long> arrivalTicks, long referenceTicks, Span<byte> symbols, Span<short> deltas)
    {
        long last = referenceTicks;
        int covered = 0;
        int count = Math.Min(arrivalTicks.Length, MaxStatuses);
        for (int i = 0; i < count; i++)
        {
            symbols[i] = Missing;
            if (arrivalTicks[i] == NotReceived)
            {
                continue;
            }

            long delta = arrivalTicks[i] - last;
            if (delta is < short.MinValue or > short.MaxValue)
            {
                break;
            }

            symbols[i] = delta is >= 0 and <= byte.MaxValue ? SmallDelta : LargeDelta;
            deltas[i] = (short)delta;
            last = arrivalTicks[i];
            covered = i + 1;
        }

        return covered;
    }

    private static ushort NextChunk(ReadOnlySpan<byte> symbols, ref int index)
    {
        ReadOnlySpan<byte> rest = symbols[index..];
        int run = 1;
        while (run < rest.Length && run < MaxRun && rest[run] == rest[0])
        {
            run++;
        }

        if (run >= TwoBitSymbols || run == rest.Length)
        {
            index += run;
            return (ushort)((rest[0] << 13) | run);
        }

        int count = Math.Min(OneBitSymbols, rest.Length);
        bool isOneBit = !rest[..count].Contains(LargeDelta);
        int bits = isOneBit ? 1 : 2;
        int capacity = isOneBit ? OneBitSymbols : TwoBitSymbols;
        count = Math.Min(capacity, rest.Length);

        // Bit 15 marks a vector, bit 14 two-bit symbols; unused symbols at the end stay 0.
        int chunk = isOneBit ? 0x8000 : 0xC000;
        for (int i = 0; i < count; i++)
        {
            chunk |= rest[i] << ((capacity - 1 - i) * bits);
        }

        index += count;
        return (ushort)chunk;
    }
}
