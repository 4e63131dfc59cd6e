namespace Calls.Rtc.Sctp;

/// <summary>DATA chunks from the first unacknowledged TSN to the last one sent, without gaps.</summary>
internal sealed class OutstandingQueue(uint initialTsn)
{
    private const int InitialCapacity = 4;
    private const int RetainedCapacity = 16;

    // A ring whose length is a power of two; _head is the slot of FirstTsn.
    private OutstandingData[] _ring = [];
    private int _head;

    public int Count { get; private set; }

    /// <summary>The lowest TSN not acknowledged cumulatively; the next to be assigned if nothing is outstanding.</summary>
    public uint FirstTsn { get; private set; } = initialTsn;

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
