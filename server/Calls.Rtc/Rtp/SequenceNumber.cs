namespace Calls.Rtc.Rtp;

/// <summary>Arithmetic on 16-bit numbers that wrap: RTP sequence numbers and transport-wide ones (RFC 1982, RFC 3550 A.1).</summary>
internal static class SequenceNumber
{
    /// <summary>The signed distance from <paramref name="from"/> to <paramref name="to"/> along the shorter way, -32768 to 32767.</summary>
    public static int Distance(ushort from, ushort to) => (short)(to - from);

    /// <summary>Whether <paramref name="candidate"/> follows <paramref name="reference"/> by less than half the number space.</summary>
    public static bool IsNewer(ushort candidate, ushort reference) => Distance(reference, candidate) > 0;

    /// <summary>The number nearest to <paramref name="reference"/> whose low 16 bits are <paramref name="sequence"/>.</summary>
    public static long Extend(ushort sequence, long reference) => reference + Distance((ushort)reference, sequence);
}
