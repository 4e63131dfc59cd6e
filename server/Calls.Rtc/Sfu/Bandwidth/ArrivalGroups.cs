using Calls.Rtc.Sfu.Feedback;

namespace Calls.Rtc.Sfu.Bandwidth;

/// <summary>
/// Joins packets that left together into groups and compares how far apart two groups left and arrived
/// (draft-ietf-rmcat-gcc-02, section 5.2): single packets of a burst say more about the burst than about the path.
/// </summary>
internal struct ArrivalGroups
{
    private const double BurstMs = 5;

    // A group that other traffic held up arrives at once; no more than this is taken for one group.
    private const double MaxBurstMs = 100;

    private bool _hasGroup;
    private bool _hasPrevious;
    private Group _group;
    private Group _previous;

    /// <param name="arrivalMs">On the receiver's clock.</param>
    /// <param name="sentDeltaMs">Between the last two complete groups.</param>
    /// <param name="arrivalDeltaMs">The same on arrival.</param>
    /// <returns>Whether the packet completed a group that has one before it.</returns>
    public bool OnPacket(in PacketFeedback packet, double arrivalMs, out double sentDeltaMs, out double arrivalDeltaMs)
    {
        (sentDeltaMs, arrivalDeltaMs) = (0, 0);
        if (_hasGroup && packet.SentMs < _group.FirstSentMs)
        {
            return false; // late: its group is done with
        }

        if (_hasGroup && BelongsToGroup(packet.SentMs, arrivalMs))
        {
            _group.LastSentMs = Math.Max(_group.LastSentMs, packet.SentMs);
            _group.LastArrivalMs = Math.Max(_group.LastArrivalMs, arrivalMs);
            return false;
        }

        bool isComplete = _hasGroup && _hasPrevious;
        if (isComplete)
        {
            sentDeltaMs = _group.LastSentMs - _previous.LastSentMs;
            arrivalDeltaMs = _group.LastArrivalMs - _previous.LastArrivalMs;
        }

        (_previous, _hasPrevious) = (_group, _hasGroup);
        _group = new() { FirstSentMs = packet.SentMs, LastSentMs = packet.SentMs, FirstArrivalMs = arrivalMs, LastArrivalMs = arrivalMs };
        _hasGroup = true;

        // A clock that was set back says nothing.
        return isComplete && arrivalDeltaMs >= 0;
    }

    private readonly bool BelongsToGroup(long sentMs, double arrivalMs)
    {
        if (sentMs - _group.FirstSentMs <= BurstMs)
        {
            return true;
        }

        double arrivalDelta = arrivalMs - _group.LastArrivalMs;
        double propagationDelta = arrivalDelta - (sentMs - _group.LastSentMs);
        return propagationDelta < 0 && arrivalDelta <= BurstMs && arrivalMs - _group.FirstArrivalMs < MaxBurstMs;
    }

    private struct Group
    {
        public long FirstSentMs;
        public long LastSentMs;
        public double FirstArrivalMs;
        public double LastArrivalMs;
    }
}
