using System.Buffers.Binary;

namespace Calls.Rtc.Rtcp;

/// <summary>Walks through the statuses of a <see cref="TransportCcFeedback"/>.</summary>
internal ref struct TransportCcStatusReader
{
    private const int SmallDelta = 1;
    private const int LargeDelta = 2;

    private ReadOnlySpan<byte> _chunks;
    private ReadOnlySpan<byte> _deltas;
    private int _remaining;

    // The unread symbols of the current chunk: a run of one symbol, or a vector read from its upper end.
    private int _chunkSymbols;
    private int _symbolBits;
    private int _vector;
    private bool _isRun;

    internal TransportCcStatusReader(ReadOnlySpan<byte> chunksAndDeltas, ushort baseSequenceNumber, int statusCount, long referenceTicks)
    {
        _remaining = statusCount;
        SequenceNumber = (ushort)(baseSequenceNumber - 1);
        ArrivalTicks = referenceTicks;

        // The deltas begin behind the last chunk, which only counting through the chunks finds.
        int counted = 0;
        int length = 0;
        while (counted < statusCount)
        {
            if (length + 2 > chunksAndDeltas.Length)
            {
                IsMalformed = true;
                return;
            }

            counted += SymbolCount(BinaryPrimitives.ReadUInt16BigEndian(chunksAndDeltas[length..]));
            length += 2;

            // An empty run adds nothing, and a packet may be full of them: what ends the loop is its length.
        }

        _chunks = chunksAndDeltas[..length];
        _deltas = chunksAndDeltas[length..];
    }

    /// <summary>Whether the walk ended before all statuses were read.</summary>
    public bool IsMalformed { get; private set; }

    public ushort SequenceNumber { get; private set; }

    public bool IsReceived { get; private set; }

    /// <summary>Arrival time in units of 250 microseconds; only for received packets.</summary>
    public long ArrivalTicks { get; private set; }

    public bool MoveNext()
    {
        if (_remaining == 0 || IsMalformed)
        {
            return false;
        }

        while (_chunkSymbols == 0)
        {
            OpenChunk();
        }

        int symbol = _isRun ? _vector : (_vector >> ((_chunkSymbols - 1) * _symbolBits)) & ((1 << _symbolBits) - 1);
        _chunkSymbols--;
        _remaining--;
        SequenceNumber++;
        IsReceived = symbol is SmallDelta or LargeDelta;

        int deltaLength = IsReceived ? symbol : 0;
        if (deltaLength > _deltas.Length)
        {
            IsMalformed = true;
            return false;
        }

        if (symbol == SmallDelta)
        {
            ArrivalTicks += _deltas[0];
        }
        else if (symbol == LargeDelta)
        {
            ArrivalTicks += BinaryPrimitives.ReadInt16BigEndian(_deltas);
        }

        _deltas = _deltas[deltaLength..];
        return true;
    }

    private static int SymbolCount(ushort chunk) => (chunk >> 14) switch
    {
        0 or 1 => chunk & 0x1FFF,
        2 => 14,
        _ => 7,
    };

    // The constructor counted at least _remaining symbols, so there is a chunk left.
    private void OpenChunk()
    {
        ushort chunk = BinaryPrimitives.ReadUInt16BigEndian(_chunks);
        _chunks = _chunks[2..];
        _chunkSymbols = SymbolCount(chunk);
        _isRun = chunk >> 15 == 0;
        _symbolBits = chunk >> 14 == 2 ? 1 : 2;
        _vector = _isRun ? (chunk >> 13) & 3 : chunk & 0x3FFF;
    }
}
