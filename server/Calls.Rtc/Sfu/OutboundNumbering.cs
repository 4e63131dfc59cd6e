using Calls.Rtc.Sfu.Layers;

namespace Calls.Rtc.Sfu;

/// <summary>
/// Sequence numbers and timestamps of one stream to one subscriber, which sees one source (RFC 3550, section 5.1) whatever it is
/// made of: other sources and layers continue the numbering, and what is left out leaves no gap.
/// </summary>
/// <remarks>Owned by the publisher's loop. Numbers are extended: the bits above the lowest 16 are the rollover counter.</remarks>
internal struct OutboundNumbering
{
    // A longer step would take the receiver's estimate of the rollover counter along (RFC 3711, section 3.3.1).
    private const long MaxSequenceStep = 3000;

    private InboundStream? _source;
    private NumberGaps _gaps;
    private long _sequenceOffset;
    private long _lowest;
    private uint _timestampOffset;

    public bool HasStarted { get; private set; }

    /// <summary>The highest number given out.</summary>
    public long Highest { get; private set; }

    /// <summary>The timestamp that goes with it, and when it was given out.</summary>
    public uint LastTimestamp { get; private set; }

    public long LastMs { get; private set; }

    /// <summary>The packet with the highest number ended a picture.</summary>
    public bool IsPictureComplete { get; private set; }

    public readonly bool IsFrom(InboundStream? source) => source == _source;

    /// <summary>The subscriber's timestamp for one of the present source.</summary>
    public readonly uint Timestamp(uint sourceTimestamp) => sourceTimestamp + _timestampOffset;

    /// <summary>Goes on with a packet of another source, of another layer, or of a layer that was paused.</summary>
    /// <param name="sequence">The packet's, in its source's numbering.</param>
    public void SwitchTo(InboundStream source, long sequence, uint timestamp, long nowMs)
    {
        if (HasStarted)
        {
            if (source != _source)
            {
                _timestampOffset = LastTimestamp + (uint)TicksSinceLast(source, timestamp, nowMs) - timestamp;
            }

            ContinueAt(Highest + 1, sequence);
        }
        else
        {
            // Starting in the lower half keeps a wrap out of the first packets, whose loss would leave the receiver
            // with a wrong rollover counter for good (RFC 3711, section 3.3.1).
            HasStarted = true;
            ContinueAt(sequence & 0x7FFF, sequence);
            Highest = _lowest;
        }

        _source = source;
    }

    /// <summary>The next packet is a switch, also if it is of the same source.</summary>
    public void BeginAnew() => _source = null;

    /// <summary>The number of a packet of the present source.</summary>
    /// <returns><c>false</c>: it is so late that its number may be taken.</returns>
    public bool TryNumber(long sequence, out long outSequence)
    {
        if (_gaps.IsNew(sequence))
        {
            _gaps.Advance(sequence, skip: false);
        }

        outSequence = _gaps.Compact(sequence) + _sequenceOffset;
        if (outSequence - Highest > MaxSequenceStep)
        {
            ContinueAt(Highest + 1, sequence);
            outSequence = _lowest;
        }

        return outSequence >= _lowest && !_gaps.IsForgotten(sequence);
    }

    /// <summary>Takes a packet out of the numbering.</summary>
    /// <param name="outSequence">The number that was kept free for it, because what came after it is on its way already.</param>
    /// <returns>Whether there is such a number, which should be filled.</returns>
    public bool LeaveOut(long sequence, out long outSequence)
    {
        outSequence = 0;
        if (_gaps.IsNew(sequence))
        {
            _gaps.Advance(sequence, skip: true);
            return false;
        }

        return !_gaps.IsSkipped(sequence) && !_gaps.TrySkipLate(sequence) && TryNumber(sequence, out outSequence);
    }

    /// <summary>Notes that a number was given out.</summary>
    public void Advance(long outSequence, uint timestamp, bool hasMarker, long nowMs)
    {
        // A late packet keeps its own number but must not move the high-water mark back.
        if (outSequence >= Highest)
        {
            (Highest, LastTimestamp, LastMs, IsPictureComplete) = (outSequence, timestamp, nowMs, hasMarker);
        }
    }

    /// <summary>A number for a packet of our own. What comes late from before it finds its own number taken.</summary>
    public long TakeOwn()
    {
        _sequenceOffset++;
        Highest++;
        _lowest = Highest + 1;
        return Highest;
    }

    /// <summary>The numbers after one were given out, but nothing was sent with them.</summary>
    public void RewindTo(long outSequence, uint timestamp, uint clockRate)
    {
        LastMs -= (LastTimestamp - timestamp) * 1000L / clockRate;
        (Highest, LastTimestamp) = (outSequence, timestamp);
    }

    // The layers of one camera show the same moments: their sender reports say how their timestamps relate (media.md 4.6).
    // What they say is believed as far as the clock on the wall agrees.
    private readonly long TicksSinceLast(InboundStream source, uint timestamp, long nowMs)
    {
        uint clockRate = source.Codec.ClockRate();
        long elapsed = (nowMs - LastMs) * clockRate / 1000;
        if (source.Codec.Kind() == TrackKind.Video
            && source.Clock.TryGetCaptureTicks(timestamp, clockRate, out long captured)
            && _source!.Clock.TryGetCaptureTicks(LastTimestamp - _timestampOffset, clockRate, out long capturedBefore)
            && Math.Abs(captured - capturedBefore - elapsed) < clockRate)
        {
            elapsed = captured - capturedBefore;
        }

        return Math.Max(1, elapsed);
    }

    // Numbers before the new start may be taken: reusing one with another payload would reuse a GCM nonce (media.md 9.6).
    private void ContinueAt(long outSequence, long sequence)
    {
        _gaps = default;
        _gaps.Advance(sequence, skip: false);
        _sequenceOffset = outSequence - sequence;
        _lowest = outSequence;
    }
}
