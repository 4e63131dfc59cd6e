namespace Calls.Rtc.Rtcp;

/// <summary>The round trip to the sender of a stream, learnt from how long requested packets take to come.</summary>
internal struct RepairRoundTrip
{
    private const int MaxUnclear = 4;

    // Scaled by 8, as in RFC 6298; 0 before the first sample.
    private long _scaledMs;

    // Repairs in a row that were asked for more than once.
    private int _unclear;

    /// <summary>Milliseconds; 0 before the first sample.</summary>
    public readonly long Ms => _scaledMs / 8;

    /// <summary>A packet came that had been asked for.</summary>
    /// <param name="requests">How often.</param>
    /// <param name="sinceFirstMs">Time since the first request.</param>
    /// <remarks>
    /// Which of several requests was answered is not known. But when none is answered before the next one goes out, the estimate is
    /// too short, and the time since the first one is the best guess.
    /// </remarks>
    public void OnRepair(int requests, long sinceFirstMs)
    {
        _unclear = requests == 1 ? 0 : _unclear + 1;
        if (requests == 1 || _unclear > MaxUnclear)
        {
            _scaledMs = _scaledMs == 0 ? Math.Max(1, sinceFirstMs) * 8 : _scaledMs + sinceFirstMs - (_scaledMs / 8);
        }
    }
}
