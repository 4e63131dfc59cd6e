using Calls.Rtc.Sctp.Chunks;

namespace Calls.Rtc.Sctp;

/// <summary>Fragments messages, sends what the windows allow and repeats what got lost (RFC 9260, sections 6.1, 6.3, 7.2).</summary>
internal sealed class SctpSender
{
    /// <summary>Association.Max.Retrans of the RFC and of the browsers.</summary>
    public const int MaxRetransmissions = 10;

    /// <summary>Bytes that a queued message costs besides its data.</summary>
    private const int MessageOverhead = 128;

    private const int MissesToFastRetransmit = 3;

    private readonly int _fragmentLength;
    private readonly int _queueLimit;
    private readonly SctpCounters _counters;
    private readonly Queue<OutgoingMessage> _pending = new();
    private readonly OutstandingQueue _outstanding;
    private readonly CongestionWindow _congestion;
    private readonly RetransmissionTimeout _timeout;

    // Only streams of open channels have an entry; a stream that was reset has none.
    private readonly Dictionary<ushort, ushort> _nextStreamSequenceNumber = [];
    private int _pendingOffset;
    private int _queuedBytes;
    private int _fastRetransmitAllowance;
    private int _expiries;
    private long _lastNumber;
    private uint _peerWindow;

    public SctpSender(uint initialTsn, int maxPacketLength, int queueLimit, RetransmissionTimeout timeout, SctpCounters counters)
    {
        // Whole words, so that the padding fits as well.
        _fragmentLength = (maxPacketLength - SctpPacketView.HeaderLength - SctpChunkView.HeaderLength - DataChunk.FixedLength) & ~3;
        _queueLimit = queueLimit;
        _counters = counters;
        _outstanding = new OutstandingQueue(initialTsn);
        _congestion = new CongestionWindow(_fragmentLength);
        _timeout = timeout;
    }

    /// <summary>All messages up to this number are acknowledged completely.</summary>
    public long AcknowledgedThrough { get; private set; }

    /// <summary>When T3-rtx expires; <c>null</c> while nothing is outstanding.</summary>
    public long? DeadlineMs { get; private set; }

    /// <summary>The last TSN assigned.</summary>
    public uint LastTsn => _outstanding.NextTsn - 1;

    public void SetPeerWindow(uint bytes) => _peerWindow = bytes;

    /// <returns>The message's number, or 0 if the queue is full.</returns>
    public long Enqueue(ushort streamId, uint ppid, ReadOnlySpan<byte> message)
    {
        if (message.Length + MessageOverhead > _queueLimit - _queuedBytes)
        {
            return 0;
        }

        _queuedBytes += message.Length + MessageOverhead;
        _pending.Enqueue(new OutgoingMessage(++_lastNumber, streamId, ppid, message.ToArray()));
        return _lastNumber;
    }

    /// <summary>Whether anything of this stream waits for transmission or acknowledgement.</summary>
    public bool HasDataOf(ushort streamId)
    {
        foreach (OutgoingMessage message in _pending)
        {
            if (message.StreamId == streamId)
            {
                return true;
            }
        }

        for (int i = 0; i < _outstanding.Count; i++)
        {
            if (_outstanding[i].Message.StreamId == streamId)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The next message of the stream starts at sequence number 0 again (RFC 6525).</summary>
    public void RestartStream(ushort streamId) => _nextStreamSequenceNumber.Remove(streamId);

    /// <summary>User data in the chunk that <see cref="WriteNext"/> would write, or 0 if nothing may be sent now.</summary>
    public int PeekNextLength()
    {
        if (_outstanding.LostCount > 0)
        {
            int length = _outstanding[_outstanding.FirstLost()].Length;
            return _outstanding.FlightBytes == 0 || _outstanding.FlightBytes + length <= _congestion.Bytes || length <= _fastRetransmitAllowance ? length : 0;
        }

        if (!_pending.TryPeek(out OutgoingMessage? message))
        {
            return 0;
        }

        // Section 6.1: rule A keeps to the peer's window but for one chunk that probes a closed one, rule B to our own.
        int next = Math.Min(message.Data.Length - _pendingOffset, _fragmentLength);
        bool peerHasRoom = (uint)(_outstanding.FlightBytes + next) <= _peerWindow || _outstanding.Count == 0;
        return peerHasRoom && _outstanding.FlightBytes < _congestion.Bytes ? next : 0;
    }

    /// <summary>Writes the chunk announced by <see cref="PeekNextLength"/>.</summary>
    public void WriteNext(SctpPacketWriter writer, long nowMs)
    {
        int index = _outstanding.LostCount > 0 ? Retransmit() : TakePending();
        ref OutstandingData data = ref _outstanding[index];
        _outstanding.MarkSent(index, nowMs);
        DeadlineMs ??= nowMs + _timeout.Ms;
        new DataChunk
        {
            Flags = data.Flags,
            Tsn = _outstanding.FirstTsn + (uint)index,
            StreamId = data.Message.StreamId,
            StreamSequenceNumber = data.StreamSequenceNumber,
            Ppid = data.Message.Ppid,
            UserData = data.Message.Data.AsSpan(data.Offset, data.Length),
        }.Write(writer);
    }

    /// <summary>Takes in what the peer has received. Old and impossible SACKs are ignored.</summary>
    public void HandleSack(in SackChunk sack, long nowMs)
    {
        uint cumulativeTsn = sack.CumulativeTsn;
        if (!IsPlausible(cumulativeTsn))
        {
            return;
        }

        int flightBefore = _outstanding.FlightBytes;
        _peerWindow = sack.ReceiveWindow;
        long roundTripMs = -1;
        bool moved = cumulativeTsn != _outstanding.FirstTsn - 1;
        int ackedBytes = RemoveThrough(cumulativeTsn, nowMs, ref roundTripMs);
        ackedBytes += MarkGapBlocks(sack, nowMs, ref roundTripMs, out int highestNewIndex, out int highestIndex);

        // Once per SACK, and never from a chunk that was sent twice (section 6.3.1, rule C5).
        if (roundTripMs >= 0)
        {
            _timeout.Measured(roundTripMs);
        }

        // A peer that keeps answering window probes is alive (section 6.1, rule A).
        if (ackedBytes > 0 || sack.ReceiveWindow == 0)
        {
            _expiries = 0;
        }

        if (moved)
        {
            _congestion.Acknowledged(cumulativeTsn, ackedBytes, flightBefore);
        }

        // In fast recovery each SACK that moves on counts against all chunks below the highest reported (section 7.2.4).
        CountMisses(_congestion.IsInFastRecovery && moved ? highestIndex : highestNewIndex);
        if (_outstanding.Count == 0)
        {
            DeadlineMs = null;
        }
        else if (moved)
        {
            DeadlineMs = nowMs + _timeout.Ms; // section 6.3.2, rule R3
        }
    }

    /// <summary>Takes in the cumulative TSN that a SHUTDOWN carries.</summary>
    public void HandleCumulativeAck(uint cumulativeTsn, long nowMs)
    {
        long roundTripMs = -1;
        if (IsPlausible(cumulativeTsn))
        {
            RemoveThrough(cumulativeTsn, nowMs, ref roundTripMs);
        }
    }

    /// <summary>T3-rtx expired: everything in flight counts as lost (section 6.3.3).</summary>
    /// <returns><c>false</c> if the peer has to be considered unreachable.</returns>
    public bool HandleExpiry()
    {
        DeadlineMs = null;
        if (++_expiries > MaxRetransmissions)
        {
            return false;
        }

        _timeout.BackOff();
        _congestion.TimedOut();
        for (int i = 0; i < _outstanding.Count; i++)
        {
            ref OutstandingData data = ref _outstanding[i];
            if (data.State == OutstandingState.InFlight)
            {
                _outstanding.MarkLost(i);
                data.WasFastRetransmitted = false;
            }
        }

        return true;
    }

    /// <summary>Gives up everything.</summary>
    public void Clear()
    {
        DeadlineMs = null;
        _pending.Clear();
        _pendingOffset = 0;
        _outstanding.Clear();
    }

    private bool IsPlausible(uint cumulativeTsn) =>
        !SerialNumber.IsAfter(_outstanding.FirstTsn - 1, cumulativeTsn) && !SerialNumber.IsAfter(cumulativeTsn, LastTsn);

    private int Retransmit()
    {
        int index = _outstanding.FirstLost();
        ref OutstandingData data = ref _outstanding[index];
        data.WasRetransmitted = true;
        _fastRetransmitAllowance = Math.Max(0, _fastRetransmitAllowance - data.Length);
        _counters.Retransmissions++;
        return index;
    }

    private int TakePending()
    {
        OutgoingMessage message = _pending.Peek();
        int length = Math.Min(message.Data.Length - _pendingOffset, _fragmentLength);
        bool isLast = _pendingOffset + length == message.Data.Length;
        _nextStreamSequenceNumber.TryGetValue(message.StreamId, out ushort streamSequenceNumber);
        byte flags = _pendingOffset == 0 ? DataChunk.BeginFlag : (byte)0;
        if (isLast)
        {
            flags |= DataChunk.EndFlag;
            _pending.Dequeue();
            _nextStreamSequenceNumber[message.StreamId] = (ushort)(streamSequenceNumber + 1);

            // Nothing follows that would make the peer acknowledge sooner than after its delay (RFC 9260, section 6.1, rule E).
            flags |= _pending.Count == 0 ? DataChunk.ImmediateFlag : (byte)0;
        }

        _outstanding.Append(new OutstandingData
        {
            Message = message,
            Offset = _pendingOffset,
            Length = length,
            StreamSequenceNumber = streamSequenceNumber,
            Flags = flags,
        });
        _pendingOffset = isLast ? 0 : _pendingOffset + length;
        return _outstanding.Count - 1;
    }

    private int RemoveThrough(uint cumulativeTsn, long nowMs, ref long roundTripMs)
    {
        int ackedBytes = 0;
        while (_outstanding.Count > 0 && !SerialNumber.IsAfter(_outstanding.FirstTsn, cumulativeTsn))
        {
            ref OutstandingData data = ref _outstanding[0];
            ackedBytes += _outstanding.Acknowledge(0, nowMs, ref roundTripMs);
            if ((data.Flags & DataChunk.EndFlag) != 0)
            {
                AcknowledgedThrough = data.Message.Number;
                _queuedBytes -= data.Message.Data.Length + MessageOverhead;
            }

            _outstanding.RemoveFirst();
        }

        return ackedBytes;
    }

    /// <param name="highestNewIndex">Index of the highest chunk newly acknowledged here, or 0.</param>
    /// <param name="highestIndex">Index of the highest chunk acknowledged here, or 0.</param>
    private int MarkGapBlocks(in SackChunk sack, long nowMs, ref long roundTripMs, out int highestNewIndex, out int highestIndex)
    {
        int ackedBytes = 0;
        int index = 0;
        highestNewIndex = 0;
        highestIndex = 0;
        for (int block = 0; block < sack.GapBlockCount && index < _outstanding.Count; block++)
        {
            // Offset 1 would be the TSN after the cumulative one, which has index 0. Blocks out of order are passed over,
            // so that the work is bounded by what is outstanding.
            (ushort start, ushort end) = sack.GapBlock(block);
            if (start - 1 < index || end < start)
            {
                continue;
            }

            for (; index < Math.Min(start - 1, _outstanding.Count); index++)
            {
                _outstanding.Renege(index);
            }

            for (; index < Math.Min((int)end, _outstanding.Count); index++)
            {
                ref OutstandingData data = ref _outstanding[index];
                highestIndex = index;
                if (data.State != OutstandingState.GapAcked)
                {
                    ackedBytes += _outstanding.Acknowledge(index, nowMs, ref roundTripMs);
                    data.State = OutstandingState.GapAcked;
                    highestNewIndex = index;
                }
            }
        }

        for (; index < _outstanding.Count; index++)
        {
            _outstanding.Renege(index);
        }

        return ackedBytes;
    }

    private void CountMisses(int below)
    {
        bool anyLost = false;
        for (int i = 0; i < below; i++)
        {
            ref OutstandingData data = ref _outstanding[i];
            if (data.State != OutstandingState.InFlight || data.WasFastRetransmitted || ++data.Misses < MissesToFastRetransmit)
            {
                continue;
            }

            _outstanding.MarkLost(i);
            data.WasFastRetransmitted = true;
            _counters.FastRetransmissions++;
            anyLost = true;
        }

        if (anyLost)
        {
            // The first packet goes out whatever the window says (section 7.2.4, step 3).
            _congestion.EnterFastRecovery(LastTsn);
            _fastRetransmitAllowance = _fragmentLength;
        }
    }
}
