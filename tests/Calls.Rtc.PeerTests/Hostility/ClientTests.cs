using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Text;
using Calls.Rtc.Client;
using Calls.Rtc.DataChannels;
using Calls.Rtc.Rtcp;
using Calls.Rtc.Rtp;
using Calls.Rtc.Sdp;
using Calls.Rtc.Sfu;
using Calls.Rtc.Transport;
using TrackType = Calls.Rtc.Sdp.TrackType;

namespace Calls.Rtc.PeerTests.Hostility;

/// <summary>What a participant with valid credentials can do to the others of its call (media.md 9.2, 9.6, 9.7).</summary>
[Collection(nameof(Alone))]
public sealed class ClientTests
{
    [Fact]
    public void Ten_thousand_sources_are_one_participants_problem()
    {
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        ClientPeer mallory = Attacker(call);
        uint ssrc = 0x5000_0000;
        long before = GC.GetTotalMemory(forceFullCollection: true);

        bystanders.Endure(2_000, everyMs: 2, _ =>
        {
            for (int i = 0; i < 10; i++)
            {
                mallory.Rtc.Media.SendRaw(Rtp(ssrc++, payloadType: 111, sequence: 1, payloadLength: 60), rolloverCounter: 0);
            }
        });

        MediaParticipant participant = call.Server(mallory).Participant;
        Assert.Equal(0, participant.Count(RtpReceiveResult.Forwarded));
        Assert.InRange(Enum.GetValues<RtpReceiveResult>().Sum(participant.Count), 9_900, 10_000);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 1_000_000);
        bystanders.HaveLostNothing();
    }

    [Fact]
    public void What_the_server_sends_to_a_client_is_not_taken_back_from_it()
    {
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        ClientPeer mallory = Attacker(call);
        call.Until(() => mallory.Rtc.RemoteTracks.Count == 2, "Mallory receives both");
        uint[] ssrcs = [.. mallory.Rtc.RemoteTracks.Select(static track => track.Ssrc)];

        bystanders.Endure(1_000, everyMs: 5, i =>
        {
            foreach (uint ssrc in ssrcs)
            {
                mallory.Rtc.Media.SendRaw(Rtp(ssrc, payloadType: 111, (ushort)i, payloadLength: 60), rolloverCounter: 0);
            }
        });

        Assert.InRange(call.Server(mallory).Participant.Count(RtpReceiveResult.Looped), 390, 400);
        bystanders.HaveLostNothing();
    }

    [Fact]
    public void Candidates_are_counted_and_nothing_is_sent_to_them()
    {
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        ClientPeer mallory = Attacker(call);
        var victims = new HashSet<TransportAddress>();
        call.Network.Filter = (from, to, _) =>
        {
            Assert.False(from == PeerCall.ServerAddress && victims.Contains(to));
            return true;
        };

        bystanders.Endure(2_000, everyMs: 1, i =>
        {
            var victim = new IPEndPoint(IPAddress.Parse($"203.0.113.{i % 250}"), 1_000 + i);
            victims.Add(TransportAddress.From(victim));
            call.SignalToServer(mallory.Session, RtcMessageType.Ice, Encoding.UTF8.GetBytes(
                $$"""{"candidate":"candidate:{{i}} 1 udp 2130706431 {{victim.Address}} {{victim.Port}} typ host","sdpMid":"0"}"""));
        });

        Assert.InRange(call.Rtc.SignalingCounts(mallory.Session).Candidates, 1_990, 2_010);
        Assert.InRange(call.Rtc.SignalingCounts(mallory.Session).Refused, 1_940, 1_970); // all but 50
        Assert.Empty(call.Server(mallory).Closed);
        bystanders.HaveLostNothing();
    }

    [Fact]
    public void A_client_that_checks_from_hundreds_of_addresses_keeps_eight()
    {
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        ClientPeer mallory = Attacker(call);
        (string ufrag, string password) = call.Server(mallory).Credentials;
        byte[] check = PeerChecks.Check(ufrag, mallory.Rtc.LocalUfrag, password);

        bystanders.Endure(2_000, everyMs: 5, i =>
            call.Network.Send(mallory.Address with { Port = (ushort)(30_000 + i) }, PeerCall.ServerAddress, check, call.NowMs));

        Assert.InRange(call.Rtc.Loops.Sum(static loop => loop.PathCount), 3, 2 + 8);
        bystanders.HaveLostNothing();
    }

    [Fact]
    public void An_address_that_somebody_speaks_from_cannot_be_taken_by_another_session()
    {
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        ClientPeer mallory = Attacker(call);
        (string ufrag, string password) = call.Server(mallory).Credentials;
        byte[] check = PeerChecks.Check(ufrag, mallory.Rtc.LocalUfrag, password);

        // A valid check of Mallory's, with Alice's address as its source.
        bystanders.Endure(3_000, everyMs: 100, _ => call.Network.Send(bystanders.Alice.Address, PeerCall.ServerAddress, check, call.NowMs));

        bystanders.HaveLostNothing();
    }

    [Fact]
    public void A_description_with_thousands_of_sections_ends_its_own_session_only()
    {
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        ClientPeer mallory = Attacker(call, dcSignaling: true);
        var sdp = new StringBuilder("v=0\r\no=- 1 9 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n");
        for (int i = 0; i < 1_200; i++)
        {
            sdp.Append(System.Globalization.CultureInfo.InvariantCulture, $"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:{i}\r\na=x:{i * 7919}\r\n");
        }

        mallory.Rtc.Channel!.SendBinary(Compressed($$"""{"type":"offer","sdp":{{System.Text.Json.JsonSerializer.Serialize(sdp.ToString())}}}"""), call.NowMs, out _);
        call.Until(() => call.Server(mallory).Closed.Count > 0, "Mallory's session ends");

        Assert.Equal([RtcCloseReason.Signaling], call.Server(mallory).Closed);
        bystanders.HaveLostNothing();
    }

    [Fact]
    public void A_description_that_inflates_to_megabytes_is_ignored()
    {
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        ClientPeer mallory = Attacker(call, dcSignaling: true);
        byte[] bomb = Compressed(new string('a', 10_000_000));
        long before = GC.GetTotalAllocatedBytes(precise: true);

        bystanders.Endure(2_000, everyMs: 250, _ => mallory.Rtc.Channel!.SendBinary(bomb, call.NowMs, out long _));

        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 8 * 4_000_000); // eight of them, 10 MB each if inflated
        Assert.True(call.Rtc.ErrorCount(RtcErrorKind.Signaling) >= 5);
        Assert.Empty(call.Server(mallory).Closed);
        bystanders.HaveLostNothing();
    }

    [Fact]
    public void A_message_beyond_256_KiB_ends_its_own_association_only()
    {
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        ClientPeer mallory = Attacker(call);
        mallory.Rtc.Channel!.PeerMaxMessageLength = 0;

        mallory.Rtc.Channel.SendBinary(new byte[300 * 1024], call.NowMs, out _);
        call.Until(() => call.Server(mallory).Closed.Count > 0, "Mallory's session ends");

        bystanders.HaveLostNothing();
    }

    [Fact]
    public void A_client_that_floods_its_data_channel_is_cut_off_after_10_s()
    {
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        ClientPeer mallory = Attacker(call);
        long start = call.NowMs;

        bystanders.Endure(11_500, everyMs: 5, _ => mallory.Rtc.Channel!.Send(CallsChannelMessageType.Lock, call.NowMs));

        Assert.NotEmpty(call.Server(mallory).Closed);
        Assert.InRange(mallory.ChannelMessages.Count(static message => message.Type == CallsChannelMessageType.Lock), 400, 700); // 100 and 50 a second
        bystanders.HaveLostNothing();
    }

    [Fact]
    public void Offers_beyond_five_a_second_are_dropped()
    {
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        ClientPeer mallory = Attacker(call);
        call.Until(() => mallory.Rtc.RemoteTracks.Count == 2, "Mallory receives both");
        string? offer = null;
        call.SignalFilter = (session, toServer, json) =>
        {
            offer = session == "mallory" && toServer && json.Contains("\"offer\"", StringComparison.Ordinal) ? json : offer;
            return json;
        };
        mallory.Unmute();
        call.Until(() => mallory.Voice!.Section is not null, "the answer");
        call.Run(2_000);
        int before = call.Server(mallory).SentToClient.Count;

        bystanders.Endure(4_000, everyMs: 5, _ => call.SignalToServer("mallory", RtcMessageType.Sdp, Encoding.UTF8.GetBytes(offer!)));

        Assert.InRange(call.Server(mallory).SentToClient.Count - before, 20, 20 + (5 * 4) + 2);
        Assert.True(call.Server(mallory).Control.RefusedMessages > 700);
        bystanders.HaveLostNothing();
    }

    [Fact]
    public void Requests_for_key_frames_reach_the_publisher_twice_a_second_at_most()
    {
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        call.SignalToServer("alice", RtcMessageType.ScreenOn, """{"screenStreamID":"screen"}"""u8.ToArray());
        bystanders.Alice.Send(TrackType.Screen, "screen");
        ClientPeer mallory = Attacker(call);
        call.Until(() => mallory.Pictures.Count > 0, "Mallory sees the screen");
        call.Run(2_000);
        uint screen = mallory.Rtc.RemoteTracks.Single(static track => track.Kind == MediaKind.Video).Ssrc;
        int keyFrames = bystanders.Bob.Pictures.Count(static picture => picture.StartsKeyFrame);
        byte[] request = new byte[64];
        uint index = 1_000;

        bystanders.Endure(5_000, everyMs: 5, _ =>
        {
            int length = PictureLossIndication.Write(request, senderSsrc: 7, screen);
            mallory.Rtc.Media.SendRawRtcp(request.AsSpan(0, length), index++);
        });

        Assert.InRange(bystanders.Bob.Pictures.Count(static picture => picture.StartsKeyFrame) - keyFrames, 1, 11);
        bystanders.HaveLostNothing();
    }

    [Fact]
    public void Packets_that_are_asked_for_again_and_again_cost_no_more_than_the_stream_itself()
    {
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        call.SignalToServer("alice", RtcMessageType.ScreenOn, """{"screenStreamID":"screen"}"""u8.ToArray());
        bystanders.Alice.Send(TrackType.Screen, "screen");
        ClientPeer mallory = Attacker(call);
        call.Until(() => mallory.Pictures.Count > 0, "Mallory sees the screen");
        call.Run(2_000);
        uint screen = mallory.Rtc.RemoteTracks.Single(static track => track.Kind == MediaKind.Video).Ssrc;
        long ordinary = 0;
        long sent = 0;
        call.Network.Filter = (_, to, datagram) =>
        {
            sent += to == mallory.Address ? datagram.Length : 0;
            return true;
        };
        call.Run(3_000);
        (ordinary, sent) = (sent, 0);
        byte[] request = new byte[1_200];
        ushort[] everything = [.. Enumerable.Range(0, 250).Select(static i => (ushort)(i * 17))];
        uint index = 1_000;

        bystanders.Endure(3_000, everyMs: 5, i =>
        {
            for (int j = 0; j < everything.Length; j++)
            {
                everything[j] = (ushort)((i * 250) + j);
            }

            int length = Nack.Write(request, senderSsrc: 7, screen, everything, out _);
            mallory.Rtc.Media.SendRawRtcp(request.AsSpan(0, length), index++);
        });

        Assert.InRange(sent, ordinary / 2, (ordinary * 2) + 10_000);
        bystanders.HaveLostNothing();
    }

    [Fact]
    public void Fifty_megabits_of_video_are_taken_as_eight_and_never_at_the_cost_of_a_voice()
    {
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        ClientPeer mallory = Attacker(call);
        mallory.Unmute();
        call.SignalToServer("mallory", RtcMessageType.ScreenOn, """{"screenStreamID":"screen"}"""u8.ToArray());
        SentTrack screen = mallory.Send(TrackType.Screen, "screen");
        call.Until(() => bystanders.Bob.HeardFrom(mallory) > 0 && bystanders.Bob.Pictures.Count > 0, "Bob hears and sees Mallory");
        PublishedTrack published = call.Server(mallory).Participant.Tracks.Single(static track => track.Type == Sfu.TrackType.Screen);
        long before = published.BytesIn;
        int heard = bystanders.Bob.HeardFrom(mallory);
        byte[] frame = [0x10, 0x01, .. new byte[1_100]];
        uint timestamp = 0;

        bystanders.Endure(4_000, everyMs: 2, _ =>
        {
            for (int i = 0; i < 11; i++)
            {
                mallory.Rtc.SendRtp(screen, frame, timestamp += 100, hasMarker: true, audioLevel: null, call.NowMs);
            }
        });

        Assert.InRange(published.BytesIn - before, 4_000_000, (4 * 1_000_000) + 1_600_000); // 8 Mbit/s and the burst
        Assert.InRange(bystanders.Bob.HeardFrom(mallory) - heard, 198, 202);
        bystanders.HaveLostNothing();
    }

    [Fact]
    public void A_voice_of_thousands_of_packets_a_second_is_cut_to_two_hundred()
    {
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        ClientPeer mallory = Attacker(call);
        mallory.Speaks = false;
        mallory.Unmute();
        call.Until(() => mallory.Voice!.Section is not null, "the answer");
        uint timestamp = 0;

        bystanders.Endure(4_000, everyMs: 1, _ =>
        {
            mallory.Rtc.SendRtp(mallory.Voice!, new byte[60], timestamp += 24, hasMarker: false, audioLevel: 30, call.NowMs);
            mallory.Rtc.SendRtp(mallory.Voice!, new byte[60], timestamp += 24, hasMarker: false, audioLevel: 30, call.NowMs);
        });

        Assert.InRange(bystanders.Bob.HeardFrom(mallory), 600, 1_050); // 200 a second, and as much at once
        bystanders.HaveLostNothing();
    }

    [Fact]
    public void A_session_that_locks_answers_nothing_and_comes_and_goes_holds_up_nobody()
    {
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        for (int i = 0; i < 10; i++)
        {
            ClientPeer mallory = call.JoinAndConnect($"mallory{i}");
            call.SignalFilter = (session, toServer, json) => session == mallory.Session && toServer ? null : json;
            mallory.Rtc.Channel!.Send(CallsChannelMessageType.Lock, call.NowMs);
            mallory.Unmute();
            call.Run(300);
            call.Rtc.CloseSession(mallory.Session);
            call.Run(100);
            call.SignalFilter = null;
        }

        bystanders.HaveLostNothing();
    }

    [Fact]
    public void Whatever_is_sent_eleven_packets_a_second_come_back()
    {
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        ClientPeer mallory = Attacker(call);
        mallory.Speaks = false;
        mallory.Unmute();
        call.Until(() => mallory.Voice!.Section is not null, "the answer");
        int reports = 0;
        call.Network.Filter = (_, to, datagram) =>
        {
            reports += to == mallory.Address && PacketDemuxer.Classify(datagram) == PacketKind.Rtcp ? 1 : 0;
            return true;
        };
        uint timestamp = 0;

        bystanders.Endure(5_000, everyMs: 2, _ => mallory.Rtc.SendRtp(mallory.Voice!, new byte[60], timestamp += 96, hasMarker: false, audioLevel: 30, call.NowMs));

        // Feedback ten times and a report once a second, and a report on each of the two voices that Mallory hears.
        Assert.InRange(reports, 20, 5 * (10 + 1 + 2) + 8);
        bystanders.HaveLostNothing();
    }

    [Fact]
    public void Authentic_nonsense_of_every_protocol_harms_nobody()
    {
        const int Seed = 98;
        using var call = new PeerCall();
        var bystanders = new Bystanders(call);
        ClientPeer mallory = Attacker(call);
        mallory.Unmute();
        call.Until(() => bystanders.Bob.HeardFrom(mallory) > 0, "Bob hears Mallory");
        var random = new Random(Seed);
        uint index = 1_000;

        bystanders.Endure(4_000, everyMs: 2, i =>
        {
            byte[] packet = new byte[random.Next(12, 400)];
            random.NextBytes(packet);
            packet[0] = (byte)(0x80 | (packet[0] & 0x3F));
            packet[1] = (byte)(i % 2 == 0 ? 111 : random.Next(96, 128));
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), i % 4 == 0 ? mallory.Voice!.Ssrc : (uint)random.Next());
            mallory.Rtc.Media.SendRaw(packet, rolloverCounter: 0);
            packet[1] = (byte)random.Next(192, 224);
            mallory.Rtc.Media.SendRawRtcp(packet.AsSpan(0, packet.Length & ~3), index++);
            if (i % 10 == 0)
            {
                packet[0] = 0x13; // the ports of SCTP, and anything behind them
                packet[1] = 0x88;
                mallory.Rtc.SendRecord(packet);
            }
        });

        bystanders.HaveLostNothing();
    }

    private static ClientPeer Attacker(PeerCall call, bool dcSignaling = false)
    {
        ClientPeer mallory = call.JoinAndConnect("mallory", dcSignaling);
        call.Run(500);
        return mallory;
    }

    private static byte[] Rtp(uint ssrc, byte payloadType, ushort sequence, int payloadLength)
    {
        byte[] packet = new byte[RtpPacketView.FixedHeaderLength + payloadLength];
        (packet[0], packet[1]) = (0x80, payloadType);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), ssrc);
        return packet;
    }

    /// <summary>Type 3 and a bin32 with zlib data.</summary>
    private static byte[] Compressed(string text)
    {
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(Encoding.UTF8.GetBytes(text));
        }

        byte[] message = new byte[6 + data.Length];
        (message[0], message[1]) = (3, 0xC6);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(2), (uint)data.Length);
        data.ToArray().CopyTo(message, 6);
        return message;
    }
}
