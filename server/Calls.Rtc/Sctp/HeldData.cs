using Calls.Rtc.Sctp.Chunks;

namespace Calls.Rtc.Sctp;

/// <summary>A DATA chunk that arrived before one with a lower TSN. An empty slot has no <see cref="UserData"/>.</summary>
internal struct HeldData
{
    public byte[]? UserData;
    public uint Ppid;
    public ushort StreamId;
    public ushort StreamSequenceNumber;
    public byte Flags;

    public readonly DataChunk ToChunk(uint tsn) => new()
    {
        Flags = Flags,
        Tsn = tsn,
        StreamId = StreamId,
        StreamSequenceNumber = StreamSequenceNumber,
        Ppid = Ppid,
        UserData = UserData,
    };
}
