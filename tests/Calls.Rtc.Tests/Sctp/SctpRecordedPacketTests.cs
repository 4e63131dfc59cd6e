using System.Buffers.Binary;
using System.Globalization;
using Calls.Rtc.Sctp;
using Calls.Rtc.Sctp.Chunks;

namespace Calls.Rtc.Tests.Sctp;

/// <summary>Packets between browsers and the reference SFU, decrypted.</summary>
public sealed class SctpRecordedPacketTests
{
    public static TheoryData<string> Captures() =>
        [.. Directory.GetFiles(Path.Combine(Root(), "tests/fixtures/packets"), "*.sctp.hex").Select(Path.GetFileName).OfType<string>().Order()];

    [Theory]
    [MemberData(nameof(Captures))]
    public void Every_recorded_packet_parses_and_its_checksum_is_right(string capture)
    {
        foreach (RecordedPacket recorded in Read(capture))
        {
            Assert.True(SctpPacketView.TryParse(recorded.Bytes, out SctpPacketView view));
            Assert.Equal(SctpPacketView.ComputeChecksum(recorded.Bytes), view.Checksum);
            SctpChunkReader reader = view.Chunks;
            var names = new List<string>();
            while (reader.TryRead(out SctpChunkView chunk))
            {
                names.Add(Name(chunk.Type));
                AssertParses(chunk);
            }

            Assert.False(reader.IsMalformed);
            Assert.Equal(recorded.ChunkNames, string.Join('+', names));
        }
    }

    /// <summary>
    /// We stand where one side stood, with its tag and TSN, send what it sent when it sent it, and get what it got. The association
    /// must come up, take every message, and acknowledge and be acknowledged as recorded.
    /// </summary>
    [Theory]
    [MemberData(nameof(Captures))]
    public void A_recorded_session_drives_an_association_from_either_side(string capture)
    {
        foreach (IGrouping<string, RecordedPacket> session in Read(capture).GroupBy(static packet => packet.Session))
        {
            Replay([.. session], ours: "s2c", $"{capture} {session.Key} as SFU");
            Replay([.. session], ours: "c2s", $"{capture} {session.Key} as browser");
        }
    }

    private static void Replay(List<RecordedPacket> packets, string ours, string context)
    {
        byte[] ownInit = packets.First(packet => packet.Direction == ours && packet.ChunkNames == "INIT").Bytes;
        byte[] tagAndTsn = [.. ownInit[16..20], .. ownInit[28..32]];
        int draws = 0;
        var peer = new SctpPeer(seed: 1, fillRandom: span =>
        {
            if (draws++ == 1)
            {
                tagAndTsn.CopyTo(span);
            }
        });
        List<Message> ownMessages = Messages(packets, ours);
        var toSend = new Queue<Message>();
        uint acknowledgedTsn = ownMessages[0].LastTsn - 1;
        foreach (RecordedPacket recorded in packets)
        {
            long nowMs = (long)recorded.AtMs;
            if (peer.Association.DeadlineMs <= nowMs)
            {
                peer.Association.HandleDeadline(nowMs);
            }

            if (recorded.Direction != ours)
            {
                peer.Association.Receive(recorded.Bytes, nowMs);
                acknowledgedTsn = AcknowledgedTsn(recorded.Bytes) ?? acknowledgedTsn;
            }
            else if (recorded.ChunkNames == "INIT")
            {
                peer.Association.Connect(nowMs);
            }
            else
            {
                ownMessages.Where(message => message.AtMs == recorded.AtMs).ToList().ForEach(toSend.Enqueue);
            }

            // The other side's cookie echo is for the other implementation's cookie, so we may be established a little later.
            while (peer.Association.State == SctpState.Established && toSend.TryDequeue(out Message? message))
            {
                Assert.True(peer.Association.Send(message.StreamId, message.Ppid, message.Data, nowMs), $"{context}: {recorded.AtMs}");
            }
        }

        Assert.Equal(1, peer.EstablishedCount);
        List<Message> theirMessages = Messages(packets, ours == "s2c" ? "c2s" : "s2c");
        Assert.Equal(theirMessages.Select(static message => message.Data), peer.Messages.Select(static message => message.Data));
        Assert.Equal(theirMessages.Select(static message => (message.StreamId, message.Ppid)), peer.Messages.Select(static message => (message.StreamId, message.Ppid)));
        Assert.True(ownMessages.Count >= 5, context);
        Assert.Equal(ownMessages.Count(message => (int)(message.LastTsn - acknowledgedTsn) <= 0), peer.Association.AcknowledgedThrough);

        bool peerAborts = packets.Exists(packet => packet.Direction != ours && packet.ChunkNames.Contains("ABORT", StringComparison.Ordinal));
        Assert.Equal(peerAborts ? SctpCloseReason.AbortedByPeer : null, peer.CloseReason);
        int resets = packets.Count(packet => packet.Direction != ours && packet.ChunkNames == "RE-CONFIG" && packet.Bytes[17] == 13);
        Assert.Equal(resets, peer.ResetStreams.Count);
        SctpCounters counters = peer.Association.Counters;
        Assert.Equal((0, 0, 0, 0), (counters.Malformed, counters.BadChecksum, counters.BadVerificationTag, counters.UnexpectedChunks));
    }

    /// <summary>What one side sent, in TSN order and without repetitions, each at the time its first fragment was sent first.</summary>
    private static List<Message> Messages(List<RecordedPacket> packets, string direction)
    {
        var chunks = new SortedDictionary<uint, (double AtMs, byte Flags, byte[] Value)>();
        foreach (RecordedPacket packet in packets.Where(packet => packet.Direction == direction))
        {
            foreach ((byte type, byte flags, byte[] value) in RawPacket.Chunks(packet.Bytes))
            {
                if (type == 0)
                {
                    chunks.TryAdd(BinaryPrimitives.ReadUInt32BigEndian(value), (packet.AtMs, flags, value));
                }
            }
        }

        var messages = new List<Message>();
        var data = new List<byte>();
        double beganAtMs = 0;
        foreach ((uint tsn, (double atMs, byte flags, byte[] value)) in chunks)
        {
            beganAtMs = (flags & DataChunk.BeginFlag) != 0 ? atMs : beganAtMs;
            data.AddRange(value[DataChunk.FixedLength..]);
            if ((flags & DataChunk.EndFlag) != 0)
            {
                messages.Add(new Message(
                    beganAtMs, tsn, BinaryPrimitives.ReadUInt16BigEndian(value.AsSpan(4)), BinaryPrimitives.ReadUInt32BigEndian(value.AsSpan(8)), [.. data]));
                data.Clear();
            }
        }

        return messages;
    }

    private static uint? AcknowledgedTsn(byte[] packet)
    {
        foreach ((byte type, _, byte[] value) in RawPacket.Chunks(packet))
        {
            if (type == 3)
            {
                return BinaryPrimitives.ReadUInt32BigEndian(value);
            }
        }

        return null;
    }

    private static void AssertParses(SctpChunkView chunk)
    {
        switch (chunk.Type)
        {
            case SctpChunkType.Data:
                Assert.True(DataChunk.TryParse(chunk, out DataChunk data));
                var copy = new SctpPacketWriter(5000, 5000, 1500);
                copy.Begin(0);
                data.Write(copy);
                Assert.Equal(chunk.Bytes.ToArray(), copy.Finish()[SctpPacketView.HeaderLength..][..chunk.Bytes.Length].ToArray());
                break;
            case SctpChunkType.Init:
            case SctpChunkType.InitAck:
                Assert.True(InitChunk.TryParse(chunk, out InitChunk init));
                Assert.True(PeerParameters.TryRead(init.Parameters, out PeerParameters parameters));
                Assert.True(parameters.ResetsStreams);
                Assert.Equal(chunk.Type == SctpChunkType.InitAck, !parameters.Cookie.IsEmpty);
                break;
            case SctpChunkType.Sack:
                Assert.True(SackChunk.TryParse(chunk, out _));
                break;
        }
    }

    private static string Name(SctpChunkType type) => type switch
    {
        SctpChunkType.InitAck => "INIT-ACK",
        SctpChunkType.CookieEcho => "COOKIE-ECHO",
        SctpChunkType.CookieAck => "COOKIE-ACK",
        SctpChunkType.HeartbeatAck => "HEARTBEAT-ACK",
        SctpChunkType.ReConfig => "RE-CONFIG",
        _ => type.ToString().ToUpperInvariant(),
    };

    private static List<RecordedPacket> Read(string capture) =>
    [
        .. File.ReadLines(Path.Combine(Root(), "tests/fixtures/packets", capture))
            .Where(static line => !line.StartsWith('#') && line.Length > 0)
            .Select(static line => line.Split(' '))
            .Select(static parts => new RecordedPacket(
                double.Parse(parts[0], CultureInfo.InvariantCulture), parts[1], parts[2], parts[3], Convert.FromHexString(parts[4]))),
    ];

    private static string Root()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Plugin.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new DirectoryNotFoundException("Plugin.sln");
    }

    private sealed record Message(double AtMs, uint LastTsn, ushort StreamId, uint Ppid, byte[] Data);

    private sealed record RecordedPacket(double AtMs, string Session, string Direction, string ChunkNames, byte[] Bytes);
}
