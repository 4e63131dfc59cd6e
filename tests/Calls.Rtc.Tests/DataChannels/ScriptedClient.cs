using System.Buffers.Binary;
using Calls.Rtc.Tests.Sctp;

namespace Calls.Rtc.Tests.DataChannels;

/// <summary>A browser whose messages the test writes as bytes, against our endpoint as server. Nothing gets lost.</summary>
internal sealed class ScriptedClient
{
    private readonly Dictionary<ushort, ushort> _numbers = [];
    private readonly uint _serverTag;
    private uint _nextTsn = ScriptedPeer.FirstTsn;
    private uint _nextRequest = ScriptedPeer.FirstTsn;

    public ScriptedClient()
    {
        Server.Receive(RawPacket.Build(0, (1, 0, ScriptedPeer.InitValue())), NowMs);
        byte[] value = RawPacket.Chunks(Server.Sent.Dequeue())[0].Value;
        _serverTag = BinaryPrimitives.ReadUInt32BigEndian(value);
        byte[] cookie = value[20..(16 + BinaryPrimitives.ReadUInt16BigEndian(value.AsSpan(18)))];
        Server.Receive(RawPacket.Build(_serverTag, (10, 0, cookie)), NowMs);
        Sent();
    }

    public DataChannelPeer Server { get; } = new(isClient: false, seed: 1);

    public long NowMs { get; set; } = 1000;

    /// <summary>DATA_CHANNEL_OPEN as Chromium writes it.</summary>
    public static byte[] OpenMessage(string label = "calls-dc") =>
        [3, 0, 1, 0, 0, 0, 0, 0, 0, (byte)label.Length, 0, 0, .. System.Text.Encoding.ASCII.GetBytes(label)];

    public ScriptedClient Opened(ushort stream = 0)
    {
        Send(OpenMessage(), ppid: 50, stream);
        Assert.Equal([(stream, 50u, "02")], Sent());
        return this;
    }

    public void Send(byte[] message, uint ppid = 53, ushort stream = 0)
    {
        const int fragmentLength = 1100;
        _numbers.TryGetValue(stream, out ushort number);
        _numbers[stream] = (ushort)(number + 1);
        for (int offset = 0; offset < message.Length; offset += fragmentLength)
        {
            int end = Math.Min(message.Length, offset + fragmentLength);
            byte flags = (byte)((offset == 0 ? 2 : 0) | (end == message.Length ? 1 : 0));
            Server.Receive(RawPacket.Build(_serverTag, ScriptedPeer.Data(_nextTsn++, message[offset..end], flags, stream, number, ppid)), NowMs);
        }
    }

    /// <summary>RE-CONFIG as Chromium sends it for <c>dc.close()</c>.</summary>
    public void Reset(ushort stream) => Receive((130, 0, [0, 13, 0, 18, .. RawPacket.Words(_nextRequest++, 0, _nextTsn - 1), (byte)(stream >> 8), (byte)stream]));

    public void Receive(params (byte Type, byte Flags, byte[] Value)[] chunks) => Server.Receive(RawPacket.Build(_serverTag, chunks), NowMs);

    /// <summary>Messages that the server sent since the last call, all of one fragment: stream, PPID, bytes. They are acknowledged.</summary>
    public List<(ushort Stream, uint Ppid, string Hex)> Sent()
    {
        var messages = new List<(ushort, uint, string)>();
        foreach ((byte type, _, byte[] value) in SentChunks())
        {
            if (type == 0)
            {
                messages.Add((BinaryPrimitives.ReadUInt16BigEndian(value.AsSpan(4)), BinaryPrimitives.ReadUInt32BigEndian(value.AsSpan(8)), Convert.ToHexString(value[12..])));
                Receive((3, 0, RawPacket.Words(BinaryPrimitives.ReadUInt32BigEndian(value), 1 << 20, 0)));
            }
        }

        return messages;
    }

    public List<(byte Type, byte Flags, byte[] Value)> SentChunks()
    {
        var chunks = new List<(byte, byte, byte[])>();
        while (Server.Sent.TryDequeue(out byte[]? packet))
        {
            chunks.AddRange(RawPacket.Chunks(packet));
        }

        return chunks;
    }
}
