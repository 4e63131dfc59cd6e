namespace Calls.Rtc.Srtp;

/// <summary>The 48-bit SRTP packet index: rollover counter in the upper 32 bits, sequence number in the lower 16 (RFC 3711 3.3.1).</summary>
internal static class PacketIndex
{
    /// <summary>Past this value the keys are used up (RFC 3711 9.2): an index never repeats.</summary>
    public const long Max = (1L << 48) - 1;

    /// <summary>The index of <paramref name="sequenceNumber"/> given the highest index so far (RFC 3711 appendix A).</summary>
    /// <returns>Negative if the packet would lie before the start of the stream, above <see cref="Max"/> if after its end.</returns>
    public static long Estimate(long highest, ushort sequenceNumber)
    {
        long rolloverCounter = highest >> 16;
        int last = (ushort)highest;

        if (last < 0x8000)
        {
            if (sequenceNumber - last > 0x8000)
            {
                rolloverCounter--;
            }
        }
        else if (last - 0x8000 > sequenceNumber)
        {
            rolloverCounter++;
        }

        return (rolloverCounter << 16) | sequenceNumber;
    }
}
