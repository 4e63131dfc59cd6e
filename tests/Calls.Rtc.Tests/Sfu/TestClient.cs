using System.Buffers.Binary;
using Calls.Rtc.Rtcp;
using Calls.Rtc.Rtp;
using Calls.Rtc.Sfu;
using Calls.Rtc.Srtp;
using Calls.Rtc.Tests.Rtp;

namespace Calls.Rtc.Tests.Sfu;

/// <summary>A browser as the SFU sees it: encrypts what it sends and decrypts what it gets.</summary>
internal sealed class TestClient : IMediaParticipantEvents
{
    public const byte MicrophonePayloadType = 111;
    public const uint MicrophoneSsrc = 0x0A0D_1000;
    public const uint ScreenSsrc = 0xC1;
    public const uint ScreenRtxSsrc = 0xD1;

    private readonly TestCall _call;
    private readonly Dictionary<uint, RolloverCounter> _rolloverCounters = [];
    private readonly SrtpOutbound _outbound;
    private readonly SrtpInbound _inbound;
    private SrtcpIndex _rtcpIndex;

    public TestClient(TestCall call, string name, int number, bool connected, SrtpProfile profile)
    {
        _call = call;
        Path = new TestPath((ushort)(1000 + number));
        Participant = new MediaParticipant(name, this, call.Clock);

        byte[] exported = new byte[SrtpKeyingMaterial.ExportedLength(profile)];
        new Random(number).NextBytes(exported);
        Assert.True(SrtpKeyingMaterial.TryCreate((ushort)profile, exported, out SrtpKeyingMaterial? keys));
        using (keys)
        {
            _outbound = keys.CreateOutbound(SrtpSide.DtlsClient);
            _inbound = keys.CreateInbound(SrtpSide.DtlsClient);
            ServerKeys = (keys.CreateOutbound(SrtpSide.DtlsServer), keys.CreateInbound(SrtpSide.DtlsServer));
        }

        if (connected)
        {
            Participant.SetTransport(ServerKeys.Outbound, ServerKeys.Inbound);
            Participant.Path = Path;
        }
    }

    public MediaParticipant Participant { get; }

    public TestPath Path { get; }

    public (SrtpOutbound Outbound, SrtpInbound Inbound) ServerKeys { get; }

    /// <summary>The ids of its own negotiation.</summary>
    public RtpExtensionIds ExtensionIds { get; set; } = new(AudioLevel: 1, TransportCc: 5);

    /// <summary>Payload types it wants to receive, per codec.</summary>
    public Dictionary<RtpCodec, byte> PayloadTypes { get; } = new() { [RtpCodec.Opus] = 111, [RtpCodec.Vp8] = 96, [RtpCodec.Av1] = 45 };

    /// <summary>Packets that are kept for its NACKs; 0: it sends none.</summary>
    public int History { get; set; }

    /// <summary>It takes retransmissions on an SSRC of their own, drawn by the server.</summary>
    public bool TakesRtx { get; set; }

    /// <summary>Its payload type for Opus that repeats itself.</summary>
    public byte? RedPayloadType { get; set; }

    public List<ReceivedRtp> Received { get; } = [];

    /// <summary>RTP datagrams as they were on the wire, in order of arrival.</summary>
    public List<byte[]> Datagrams { get; } = [];

    /// <summary>RTP datagrams whose packet had come before, or so long ago that SRTP cannot tell.</summary>
    public List<byte[]> Repeated { get; } = [];

    /// <summary>Plain RTCP datagrams.</summary>
    public List<byte[]> ReceivedRtcp { get; } = [];

    public List<string> Events { get; } = [];

    public bool IsRecordingEvents { get; set; } = true;

    public IEnumerable<ReceivedRtp> From(TestClient publisher) => Received.Where(packet => packet.Publisher == publisher);

    /// <summary>One section for a microphone, as after the first unmute.</summary>
    public static InboundSection Microphone(string mid = "1", string streamId = "mic-stream", params uint[] ssrcs) =>
        new(mid, TrackKind.Audio, streamId, ssrcs, new Dictionary<byte, RtpCodec> { [MicrophonePayloadType] = RtpCodec.Opus }, 1, 4, 5);

    public static InboundSection Video(string mid, string streamId, params uint[] ssrcs) =>
        new(mid, TrackKind.Video, streamId, ssrcs, new Dictionary<byte, RtpCodec> { [96] = RtpCodec.Vp8, [45] = RtpCodec.Av1 }, 0, 4, 5);

    /// <summary>A section for a screen whose client answers NACKs, on SSRC 0xC1 and, for retransmissions, 0xD1 with payload type 97.</summary>
    public static InboundSection Screen(bool hasRtx) => Video("2", "screen", ScreenSsrc) with
    {
        TakesNacks = true,
        RtxSsrcs = hasRtx ? [ScreenRtxSsrc] : [],
        RtxPayloadTypes = hasRtx ? new Dictionary<byte, byte> { [97] = 96 } : new Dictionary<byte, byte>(),
    };

    public TestClient WithScreen(bool hasRtx = false)
    {
        Participant.SetReceiving([Screen(hasRtx)]);
        Participant.SetScreenStream("screen");
        return this;
    }

    public SubscriberFormat FormatFor(RtpCodec codec) => new(PayloadTypes[codec], ExtensionIds)
    {
        RedPayloadType = RedPayloadType,
        History = codec.Kind() == TrackKind.Video ? History : 0,
        RtxSsrc = TakesRtx ? Participant.AllocateSsrc() : 0,
        RtxPayloadType = 97,
    };

    public TestClient WithMicrophone()
    {
        Participant.SetReceiving([Microphone(ssrcs: MicrophoneSsrc)]);
        return this;
    }

    public RtpReceiveResult Send(RtpPacketBuilder packet) => SendRaw(packet.Build());

    public RtpReceiveResult SendRaw(byte[] plain)
    {
        byte[] datagram = Protect(plain);
        RtpReceiveResult result = Participant.ReceiveRtp(datagram, _call.NowMs, _call.Sink);
        _call.Deliver();
        return result;
    }

    public byte[] Protect(byte[] plain)
    {
        byte[] datagram = new byte[plain.Length + _outbound.RtpOverhead];
        plain.CopyTo(datagram, 0);
        uint ssrc = BinaryPrimitives.ReadUInt32BigEndian(plain.AsSpan(8));
        RolloverCounter counter = _rolloverCounters.GetValueOrDefault(ssrc);
        counter.TryGet(BinaryPrimitives.ReadUInt16BigEndian(plain.AsSpan(2)), out uint rolloverCounter);
        _rolloverCounters[ssrc] = counter;
        int length = _outbound.Protect(datagram, plain.Length, rolloverCounter);
        return datagram[..length];
    }

    /// <summary>A 20 ms packet of speech, and 20 ms pass.</summary>
    public RtpReceiveResult Speak(ushort sequenceNumber, byte level = 30, uint ssrc = MicrophoneSsrc)
    {
        RtpReceiveResult result = Send(Speech(sequenceNumber, level, ssrc));
        _call.NowMs += 20;
        return result;
    }

    /// <summary>A packet of a screen: a VP8 descriptor, a key frame's first octet in the first packet, and bytes that tell packets apart.</summary>
    public static RtpPacketBuilder Screen(int number) => new()
    {
        Ssrc = ScreenSsrc,
        PayloadType = 96,
        SequenceNumber = (ushort)number,
        Timestamp = (uint)(number * 1800),
        HasMarker = true,
        Extensions = [(5, [(byte)(number >> 8), (byte)number])],
        Payload = [0x10, (byte)(number == 0 ? 0 : 1), (byte)(number >> 8), (byte)number, .. Enumerable.Range(0, 200).Select(i => (byte)(i * number))],
    };

    /// <summary>The same, repeated on the SSRC for retransmissions.</summary>
    public static RtpPacketBuilder Repeat(RtpPacketBuilder original, int rtxNumber) => original with
    {
        Ssrc = ScreenRtxSsrc,
        PayloadType = 97,
        SequenceNumber = (ushort)rtxNumber,
        Payload = [(byte)(original.SequenceNumber >> 8), (byte)original.SequenceNumber, .. original.Payload],
    };

    /// <summary>Asks for packets of a stream sent to this client.</summary>
    public void SendNack(uint mediaSsrc, params ushort[] numbers)
    {
        byte[] plain = new byte[400];
        int length = Nack.Write(plain, 1, mediaSsrc, numbers, out int written);
        Assert.Equal(numbers.Length, written);
        Assert.Equal(RtcpReceiveResult.Applied, SendRtcp(plain.AsSpan(0, length)));
    }

    /// <summary>Numbers that the server has asked for, one list per NACK.</summary>
    public List<(uint Ssrc, List<ushort> Numbers)> Nacks()
    {
        var nacks = new List<(uint, List<ushort>)>();
        foreach (byte[] datagram in ReceivedRtcp)
        {
            var reader = new RtcpReader(datagram);
            while (reader.MoveNext())
            {
                if (!Nack.TryParse(reader.Current, out Nack nack))
                {
                    continue;
                }

                var numbers = new List<ushort>();
                for (int i = 0; i < nack.ItemCount; i++)
                {
                    nack.GetItem(i, out ushort first, out ushort following);
                    numbers.Add(first);
                    numbers.AddRange(Enumerable.Range(0, 16).Where(bit => (following >> bit & 1) != 0).Select(bit => (ushort)(first + bit + 1)));
                }

                nacks.Add((nack.MediaSsrc, numbers));
            }
        }

        return nacks;
    }

    public static RtpPacketBuilder Speech(ushort sequenceNumber, byte level = 30, uint ssrc = MicrophoneSsrc) => new()
    {
        Ssrc = ssrc,
        PayloadType = MicrophonePayloadType,
        SequenceNumber = sequenceNumber,
        Timestamp = (uint)(sequenceNumber * 960),
        Extensions = [(1, [level]), (5, [(byte)(sequenceNumber >> 8), (byte)sequenceNumber])],
        Payload = [(byte)(sequenceNumber >> 8), (byte)sequenceNumber, 0xAA, 0xBB],
    };

    public byte[] ProtectRtcp(ReadOnlySpan<byte> plain)
    {
        byte[] datagram = new byte[plain.Length + _outbound.RtcpOverhead];
        plain.CopyTo(datagram);
        Assert.True(_rtcpIndex.TryNext(out uint index));
        int length = _outbound.ProtectRtcp(datagram, plain.Length, index);
        return datagram[..length];
    }

    public RtcpReceiveResult SendRtcp(ReadOnlySpan<byte> plain)
    {
        RtcpReceiveResult result = Participant.ReceiveRtcp(ProtectRtcp(plain), _call.NowMs, _call.Sink);
        _call.Deliver();
        return result;
    }

    public void Tick()
    {
        Participant.Tick(_call.NowMs, _call.Sink);
        _call.Deliver();
    }

    /// <summary>Takes a packet off the wire.</summary>
    public void Take(byte[] datagram)
    {
        if (datagram[1] is >= 192 and <= 223)
        {
            Assert.Equal(SrtpResult.Ok, _inbound.TryUnprotectRtcp(datagram, out int rtcpLength));
            ReceivedRtcp.Add(datagram[..rtcpLength]);
            return;
        }

        byte[] onTheWire = [.. datagram];
        SrtpResult result = _inbound.TryUnprotect(datagram, out int length);
        if (result is SrtpResult.Replayed or SrtpResult.TooOld)
        {
            Repeated.Add(onTheWire);
            return;
        }

        Assert.Equal(SrtpResult.Ok, result);
        Datagrams.Add(onTheWire);
        Assert.True(RtpPacketView.TryParse(datagram.AsSpan(0, length), out RtpPacketView packet));
        TrackForwarder? forwarder = Participant.Outgoing.Find(packet.Ssrc);
        Received.Add(new(
            _call.Find(forwarder?.Track?.Publisher), packet.Ssrc, packet.PayloadType, packet.SequenceNumber, packet.Timestamp,
            packet.HasMarker, packet.Payload.ToArray(), datagram[..length]));
    }

    public List<(uint Ssrc, ulong Ntp, uint Timestamp, uint Packets, uint Octets)> SenderReports()
    {
        var reports = new List<(uint, ulong, uint, uint, uint)>();
        foreach (byte[] datagram in ReceivedRtcp)
        {
            var reader = new RtcpReader(datagram);
            while (reader.MoveNext())
            {
                if (SenderReport.TryParse(reader.Current, out SenderReport report))
                {
                    reports.Add((report.Ssrc, report.NtpTimestamp, report.RtpTimestamp, report.PacketCount, report.OctetCount));
                }
            }
        }

        return reports;
    }

    public List<ReportBlock> ReportBlocks()
    {
        var blocks = new List<ReportBlock>();
        foreach (byte[] datagram in ReceivedRtcp)
        {
            var reader = new RtcpReader(datagram);
            while (reader.MoveNext())
            {
                if (ReceiverReport.TryParse(reader.Current, out ReceiverReport report))
                {
                    Assert.Equal(Participant.RtcpSsrc, report.SenderSsrc);
                    for (int i = 0; i < report.Reports.Count; i++)
                    {
                        blocks.Add(report.Reports[i]);
                    }
                }
            }
        }

        return blocks;
    }

    /// <summary>SSRCs of which a key frame was requested.</summary>
    public List<uint> KeyFrameRequests()
    {
        var ssrcs = new List<uint>();
        foreach (byte[] datagram in ReceivedRtcp)
        {
            var reader = new RtcpReader(datagram);
            while (reader.MoveNext())
            {
                if (PictureLossIndication.TryParse(reader.Current, out PictureLossIndication indication))
                {
                    ssrcs.Add(indication.MediaSsrc);
                }
            }
        }

        return ssrcs;
    }

    /// <summary>Transport-wide numbers reported as received, one list per feedback packet.</summary>
    public List<List<ushort>> FeedbackNumbers()
    {
        var feedbacks = new List<List<ushort>>();
        foreach (byte[] datagram in ReceivedRtcp)
        {
            var reader = new RtcpReader(datagram);
            while (reader.MoveNext())
            {
                if (TransportCcFeedback.TryParse(reader.Current, out TransportCcFeedback feedback))
                {
                    var received = new List<ushort>();
                    TransportCcStatusReader statuses = feedback.Statuses;
                    while (statuses.MoveNext())
                    {
                        if (statuses.IsReceived)
                        {
                            received.Add(statuses.SequenceNumber);
                        }
                    }

                    feedbacks.Add(received);
                }
            }
        }

        return feedbacks;
    }

    void IMediaParticipantEvents.OnTrackStarted(PublishedTrack track)
    {
        Events.Add($"started {track.Type}");
        _call.Publish(track);
    }

    void IMediaParticipantEvents.OnTrackEnded(PublishedTrack track) => Events.Add($"ended {track.Type}");

    void IMediaParticipantEvents.OnRequestsWaiting()
    {
        // Answered with the next tick.
    }

    void IMediaParticipantEvents.OnVoiceActivity(bool isSpeaking)
    {
        if (IsRecordingEvents)
        {
            Events.Add(isSpeaking ? "voice on" : "voice off");
        }
    }
}
