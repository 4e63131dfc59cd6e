using Calls.Rtc.Rtcp;

namespace Calls.Rtc.Sfu;

/// <summary>What a subscriber's receiver reports say about one stream sent to it.</summary>
/// <remarks>Written by the subscriber's loop, read by any thread; the values need not belong to one report.</remarks>
internal sealed class RemoteReception
{
    private int _fractionLost;
    private int _cumulativeLost;
    private uint _jitterTicks;
    private int _roundTripMs = -1;

    /// <summary>In 1/256, over the last interval.</summary>
    public byte FractionLost => (byte)Volatile.Read(ref _fractionLost);

    public int CumulativeLost => Volatile.Read(ref _cumulativeLost);

    /// <summary>In ticks of the codec's clock.</summary>
    public uint JitterTicks => Volatile.Read(ref _jitterTicks);

    /// <summary><c>null</c> before the first report that echoes one of ours.</summary>
    public TimeSpan? RoundTrip => RoundTripMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null;

    /// <summary><see cref="RoundTrip"/> in milliseconds.</summary>
    public long? RoundTripMs => Volatile.Read(ref _roundTripMs) is >= 0 and int ms ? ms : null;

    /// <param name="compactNow">Time of arrival on the clock of our sender reports, in 1/65536 s.</param>
    /// <returns>The round trip in milliseconds, if the block echoes a report of ours.</returns>
    internal long? Update(in ReportBlock block, uint compactNow)
    {
        Volatile.Write(ref _fractionLost, block.FractionLost);
        Volatile.Write(ref _cumulativeLost, block.CumulativeLost);
        Volatile.Write(ref _jitterTicks, block.Jitter);
        if (block.LastSenderReport == 0)
        {
            return null;
        }

        // RFC 3550, section 6.4.1: arrival - LSR - DLSR. Rounding makes short ones slightly negative.
        int roundTrip = (int)(compactNow - block.LastSenderReport - block.DelaySinceLastSenderReport);
        int ms = (int)(Math.Max(0L, roundTrip) * 1000 / 65_536);
        Volatile.Write(ref _roundTripMs, ms);
        return ms;
    }
}
