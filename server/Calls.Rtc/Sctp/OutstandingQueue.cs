namespace Calls.Rtc.Sctp;

/// <summary>DATA chunks from the first unacknowledged TSN to the last one sent, without gaps: which of them are in flight, and which lost.</summary>
internal sealed class OutstandingQueue(uint initialTsn)
{
    private const int InitialCapacity = 4;
    private const int RetainedCapacity = 16;

    // A ring whose length is a power of two; _head is the slot of FirstTsn.
    private OutstandingData[] _ring = [];
    private int _head;

    // No chunk before this TSN is lost; saves looking through the whole queue for each retransmission.
    private uint _firstLostTsn;

    public int Count { get; private set; }

    /// <summary>The lowest TSN not acknowledged cumulatively; the next to be assigned if nothing is outstanding.</summary>
    public uint FirstTsn { get; private set; } = initialTsn;

    /// <summary>User data that is on its way as far as we know.</summary>
    public int FlightBytes { get; private set; }

    /// <summary>Chunks to be sent again.</summary>
    public int LostCount { get; private set; }

    public uint NextTsn => FirstTsn + (uint)Count;

    /// <summary>The chunk with <see cref="FirstTsn"/> + <paramref name="index"/>.</summary>
    public ref OutstandingData this[int index] => ref _ring[(_head + index) & (_ring.Length - 1)];

    public void Append(in OutstandingData data)
    {
        if (Count == _ring.Length)
        {
            Grow();
        }

        Count++;
        this[Count - 1] = data;
    }

    public void RemoveFirst()
    {
        this[0] = default;
        _head = (_head + 1) & (_ring.Length - 1);
        FirstTsn++;
        Count--;
        if (Count == 0 && _ring.Length > RetainedCapacity)
        {
            _ring = [];
            _head = 0;
        }
    }

    /// <summary>Gives up everything.</summary>
    public void Clear()
    {
        LostCount = 0;
        FlightBytes = 0;
        while (Count > 0)
        {
            RemoveFirst();
        }
    }

    /// <summary>Index of the first chunk to be sent again; there has to be one.</summary>
    public int FirstLost()
    {
        int index = Math.Max(0, (int)(_firstLostTsn - FirstTsn));
        while (this[index].State != OutstandingState.Lost)
        {
            index++;
        }

        _firstLostTsn = FirstTsn + (uint)index;
        return index;
    }

    /// <summary>The chunk goes out, for the first time or again.</summary>
    public void MarkSent(int index, long nowMs)
    {
        ref OutstandingData data = ref this[index];
        LostCount -= data.State == OutstandingState.Lost ? 1 : 0;
        data.State = OutstandingState.InFlight;
        data.Misses = 0;
        data.SentAtMs = nowMs;
        FlightBytes += data.Length;
    }

    /// <summary>A chunk in flight has to be sent again.</summary>
    public void MarkLost(int index)
    {
        ref OutstandingData data = ref this[index];
        uint tsn = FirstTsn + (uint)index;
        if (LostCount == 0 || SerialNumber.IsAfter(_firstLostTsn, tsn))
        {
            _firstLostTsn = tsn;
        }

        data.State = OutstandingState.Lost;
        FlightBytes -= data.Length;
        LostCount++;
    }

    /// <summary>The peer has it.</summary>
    /// <param name="roundTripMs">Set if it was sent once only.</param>
    /// <returns>Bytes that had not been acknowledged before.</returns>
    public int Acknowledge(int index, long nowMs, ref long roundTripMs)
    {
        ref OutstandingData data = ref this[index];
        switch (data.State)
        {
            case OutstandingState.GapAcked:
                return 0;
            case OutstandingState.Lost:
                LostCount--;
                break;
            default:
                FlightBytes -= data.Length;
                break;
        }

        if (!data.WasRetransmitted)
        {
            roundTripMs = Math.Max(0, nowMs - data.SentAtMs);
        }

        return data.Length;
    }

    /// <summary>The peer no longer reports it (RFC 9260, section 6.2.1).</summary>
    public void Renege(int index)
    {
        ref OutstandingData data = ref this[index];
        if (data.State == OutstandingState.GapAcked)
        {
            data.State = OutstandingState.InFlight;
            FlightBytes += data.Length;
        }
    }

    private void Grow()
    {
        var grown = new OutstandingData[Math.Max(InitialCapacity, 2 * _ring.Length)];
        for (int i = 0; i < Count; i++)
        {
            grown[i] = this[i];
        }

        _ring = grown;
        _head = 0;
    }
}
