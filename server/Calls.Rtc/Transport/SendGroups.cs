using System.Runtime.CompilerServices;

namespace Calls.Rtc.Transport;

/// <summary>
/// Which packets of a send batch leave as one message: those for one peer of equal length, and a shorter one behind them (UDP_SEGMENT).
/// Packets for one peer never change their order.
/// </summary>
/// <remarks>Loop thread only. Allocates only when it is made.</remarks>
internal sealed class SendGroups
{
    // A UDP message is below 64 KiB, and the kernel cuts it into no more than 64 pieces (128 in newer ones).
    private const int MaxBytes = 63 * 1024;
    private const int MaxPackets = 64;

    // Twice as many as groups, so that two peers seldom share one; the later then takes it over.
    private const int TableSize = 2 * DatagramSockets.SendBatch;

    private readonly Group[] _groups = new Group[DatagramSockets.SendBatch];
    private readonly UdpPath?[] _paths = new UdpPath?[DatagramSockets.SendBatch];
    private readonly int[] _next = new int[DatagramSockets.SendBatch];
    private readonly int[] _lengths = new int[DatagramSockets.SendBatch];
    private readonly short[] _openGroup = new short[TableSize];

    public SendGroups()
    {
        Array.Fill(_openGroup, (short)-1);
    }

    /// <summary>Groups in the order of their first packets.</summary>
    public int Count { get; private set; }

    /// <summary>Packets in all of them.</summary>
    public int Packets { get; private set; }

    public ref readonly Group this[int group] => ref _groups[group];

    public int LengthOf(int packet) => _lengths[packet];

    /// <summary>The packet behind this one in its group.</summary>
    public int NextOf(int packet) => _next[packet];

    /// <summary>Adds the next packet; its number is that of packets added before.</summary>
    /// <param name="mayJoin"><c>false</c>: each packet is a group of its own.</param>
    public void Add(int length, UdpPath path, bool mayJoin)
    {
        int packet = Packets++;
        _lengths[packet] = length;
        int entry = RuntimeHelpers.GetHashCode(path) & (TableSize - 1);
        int open = _openGroup[entry];
        if (mayJoin && open >= 0 && ReferenceEquals(_paths[open], path) && _groups[open].HasRoomFor(length))
        {
            ref Group group = ref _groups[open];
            _next[group.Last] = packet;
            group.Last = packet;
            group.Count++;
            group.Bytes += length;
            group.IsClosed = length < group.SegmentSize;
            return;
        }

        _groups[Count] = new() { First = packet, Last = packet, Count = 1, SegmentSize = length, Bytes = length, LocalIndex = path.LocalIndex, Entry = entry };
        _paths[Count] = path;
        _openGroup[entry] = (short)Count;
        Count++;
    }

    public void Clear()
    {
        for (int i = 0; i < Count; i++)
        {
            _openGroup[_groups[i].Entry] = -1;
        }

        // Must not keep a closed session's path alive.
        Array.Clear(_paths, 0, Count);
        Count = Packets = 0;
    }

    internal struct Group
    {
        public int First;
        public int Last;
        public int Count;
        public int SegmentSize;
        public int Bytes;
        public int LocalIndex;
        public int Entry;

        /// <summary>Has its shorter packet: nothing may follow.</summary>
        public bool IsClosed;

        public readonly bool HasRoomFor(int length) =>
            !IsClosed && length <= SegmentSize && length > 0 && Count < MaxPackets && Bytes + length <= MaxBytes;
    }
}
