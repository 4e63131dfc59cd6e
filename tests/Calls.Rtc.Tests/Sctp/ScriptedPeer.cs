using System.Buffers.Binary;

namespace Calls.Rtc.Tests.Sctp;

/// <summary>A client whose every packet the test writes, against one association.</summary>
internal sealed class ScriptedPeer
{
    public const uint Tag = 0x11223344;

    /// <summary>Wraps early.</summary>
    public static readonly uint FirstTsn = 0xFFFFFFFE;

    public ScriptedPeer(SctpPeer server) => Server = server;

    public SctpPeer Server { get; }

    public long NowMs { get; set; } = 500_000;

    /// <summary>The server's tag, from its INIT ACK.</summary>
    public uint ServerTag { get; private set; }

    public uint ServerFirstTsn { get; private set; }

    public byte[] Cookie { get; private set; } = [];

    /// <summary>INIT as Chromium writes it.</summary>
    public static byte[] InitValue(uint tag = Tag) =>
        [.. RawPacket.Words(tag, 5_242_880, 0xFFFFFFFF, FirstTsn), .. Convert.FromHexString("C00000048008000682C00000")];

    public static (byte Type, byte Flags, byte[] Value) Data(uint tsn, byte[] data, byte flags = 3, ushort stream = 0, ushort number = 0, uint ppid = 53) =>
        (0, flags, [.. RawPacket.Words(tsn, ((uint)stream << 16) | number, ppid), .. data]);

    public ScriptedPeer Initiated()
    {
        Receive(0, (1, 0, InitValue()));
        (byte type, _, byte[] value) = Assert.Single(RawPacket.Chunks(Server.Sent.Dequeue()));
        Assert.Equal(2, type);
        ServerTag = BinaryPrimitives.ReadUInt32BigEndian(value);
        ServerFirstTsn = BinaryPrimitives.ReadUInt32BigEndian(value.AsSpan(12));
        Assert.Equal(7, BinaryPrimitives.ReadUInt16BigEndian(value.AsSpan(16)));
        Cookie = value.AsSpan(20, BinaryPrimitives.ReadUInt16BigEndian(value.AsSpan(18)) - 4).ToArray();
        return this;
    }

    public ScriptedPeer Established()
    {
        Initiated();
        Receive((10, 0, Cookie));
        Assert.Equal(11, Assert.Single(Sent()).Type);
        Assert.Equal(1, Server.EstablishedCount);
        return this;
    }

    public void Receive(params (byte Type, byte Flags, byte[] Value)[] chunks) => Receive(ServerTag, chunks);

    public void Receive(uint tag, params (byte Type, byte Flags, byte[] Value)[] chunks) =>
        Server.Association.Receive(RawPacket.Build(tag, chunks), NowMs);

    public void Advance(int ms)
    {
        NowMs += ms;
        if (Server.Association.DeadlineMs <= NowMs)
        {
            Server.Association.HandleDeadline(NowMs);
        }
    }

    /// <summary>All chunks that the server sent since the last call.</summary>
    public List<(byte Type, byte Flags, byte[] Value)> Sent()
    {
        var chunks = new List<(byte, byte, byte[])>();
        while (Server.Sent.TryDequeue(out byte[]? packet))
        {
            Assert.Equal(Tag, RawPacket.Tag(packet));
            chunks.AddRange(RawPacket.Chunks(packet));
        }

        return chunks;
    }

    /// <summary>The one SACK sent: cumulative TSN, a_rwnd, then gap blocks and duplicates as words.</summary>
    public (uint CumulativeTsn, uint Window, uint[] Words) Sack() => Parse(Assert.Single(Sent()));

    public (uint CumulativeTsn, uint Window, uint[] Words) LastSack() => Parse(Sent()[^1]);

    private static (uint CumulativeTsn, uint Window, uint[] Words) Parse((byte Type, byte Flags, byte[] Value) chunk)
    {
        Assert.Equal(3, chunk.Type);
        uint[] words = new uint[(chunk.Value.Length - 12) / 4];
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt32BigEndian(chunk.Value.AsSpan(12 + (4 * i)));
        }

        return (BinaryPrimitives.ReadUInt32BigEndian(chunk.Value), BinaryPrimitives.ReadUInt32BigEndian(chunk.Value.AsSpan(4)), words);
    }
}
