using Calls.Rtc.Sfu;
using Calls.Rtc.Srtp;
using Calls.Rtc.Tests.Rtp;

namespace Calls.Rtc.Tests.Sfu;

public sealed class BindingTests
{
    private readonly TestCall _call = new();
    private readonly TestClient _alice;

    public BindingTests()
    {
        _alice = _call.Join("alice");
    }

    [Fact]
    public void An_unknown_ssrc_is_bound_by_its_mid_for_good()
    {
        _alice.Participant.SetReceiving([TestClient.Microphone("1", "a"), TestClient.Microphone("22", "b")]);

        Assert.Equal(RtpReceiveResult.UnknownSsrc, _alice.Speak(0, ssrc: 0x77));
        Assert.Equal(RtpReceiveResult.Forwarded, _alice.Send(TestClient.Speech(1, ssrc: 0x77) with { Extensions = [(4, "22"u8.ToArray())] }));
        Assert.Equal(RtpReceiveResult.Forwarded, _alice.Speak(2, ssrc: 0x77));
        Assert.Equal(RtpReceiveResult.Forwarded, _alice.Send(TestClient.Speech(3, ssrc: 0x77) with { Extensions = [(4, "1"u8.ToArray())] }));
        Assert.Single(_alice.Participant.Tracks);
    }

    [Fact]
    public void An_unknown_ssrc_without_a_name_belongs_to_the_only_section_of_its_kind()
    {
        _alice.Participant.SetReceiving([TestClient.Microphone("1", "a"), TestClient.Video("2", "b")]);

        Assert.Equal(RtpReceiveResult.Forwarded, _alice.Speak(0, ssrc: 0x77));
        Assert.Equal(RtpReceiveResult.UnknownSsrc, _alice.Send(TestClient.Speech(0, ssrc: 0x78) with { PayloadType = 13 }));
    }

    [Fact]
    public void An_unknown_ssrc_is_given_up_after_32_packets_until_the_next_description()
    {
        _alice.Participant.SetReceiving([TestClient.Microphone("1", "a"), TestClient.Microphone("2", "b")]);
        for (ushort i = 0; i < InboundStreams.MaxProbedPackets; i++)
        {
            Assert.Equal(RtpReceiveResult.UnknownSsrc, _alice.Send(TestClient.Speech(i, ssrc: 0x77)));
        }

        RtpPacketBuilder named = TestClient.Speech(100, ssrc: 0x77) with { Extensions = [(4, "2"u8.ToArray())] };
        Assert.Equal(RtpReceiveResult.UnknownSsrc, _alice.Send(named));

        _alice.Participant.SetReceiving([TestClient.Microphone("1", "a"), TestClient.Microphone("2", "b")]);
        Assert.Equal(RtpReceiveResult.Forwarded, _alice.Send(named with { SequenceNumber = 101 }));
    }

    [Fact]
    public void An_unknown_ssrc_is_given_up_after_two_seconds()
    {
        _alice.Participant.SetReceiving([TestClient.Microphone("1", "a"), TestClient.Microphone("2", "b")]);
        _alice.Send(TestClient.Speech(0, ssrc: 0x77));
        _call.NowMs += InboundStreams.MaxProbingMs + 1;
        _alice.Send(TestClient.Speech(1, ssrc: 0x77));

        Assert.Equal(
            RtpReceiveResult.UnknownSsrc,
            _alice.Send(TestClient.Speech(2, ssrc: 0x77) with { Extensions = [(4, "2"u8.ToArray())] }));
    }

    [Fact]
    public void At_most_25_unknown_ssrcs_are_watched_at_a_time()
    {
        _alice.Participant.SetReceiving([TestClient.Microphone("1", "a"), TestClient.Microphone("2", "b", 0xAA)]);
        for (uint i = 0; i < InboundStreams.MaxProbing; i++)
        {
            Assert.Equal(RtpReceiveResult.UnknownSsrc, _alice.Send(TestClient.Speech(0, ssrc: 1000 + i)));
        }

        Assert.Equal(RtpReceiveResult.TooManyStreams, _alice.Send(TestClient.Speech(0, ssrc: 2000)));
        Assert.Equal(RtpReceiveResult.Forwarded, _alice.Send(TestClient.Speech(0, ssrc: 0xAA)));

        _call.NowMs += InboundStreams.MaxProbingMs + 1;
        Assert.Equal(RtpReceiveResult.UnknownSsrc, _alice.Send(TestClient.Speech(1, ssrc: 2000)));
    }

    [Fact]
    public void A_session_has_at_most_12_tracks()
    {
        InboundSection[] sections = [.. Enumerable.Range(0, 13).Select(i => TestClient.Video($"{i}", $"stream{i}", (uint)(500 + i)))];
        _alice.Participant.SetReceiving(sections);
        for (int i = 0; i < 12; i++)
        {
            Assert.Equal(RtpReceiveResult.Unclassified, _alice.Send(Picture(0, (uint)(500 + i))));
        }

        Assert.Equal(RtpReceiveResult.TooManyStreams, _alice.Send(Picture(0, 512)));
        Assert.Equal(1, _alice.Participant.Count(RtpReceiveResult.TooManyStreams));

        // A section that goes makes room.
        _alice.Participant.SetReceiving(sections[1..]);
        Assert.Equal(RtpReceiveResult.Unclassified, _alice.Send(Picture(1, 512)));
    }

    [Fact]
    public void A_flood_of_ssrcs_stops_at_the_limit_and_leaves_the_voice_alone()
    {
        _alice.Participant.SetReceiving([TestClient.Microphone(ssrcs: TestClient.MicrophoneSsrc), TestClient.Microphone("2", "b")]);
        _alice.Speak(0);
        for (uint i = 0; i < 1000; i++)
        {
            _alice.Send(TestClient.Speech(0, ssrc: 0x5000 + i));
            _call.NowMs += 150;
        }

        Assert.Equal(SrtpInbound.MaxSsrcs, _alice.ServerKeys.Inbound.SsrcCount);
        Assert.Equal(RtpReceiveResult.Forwarded, _alice.Speak(1));
    }

    [Fact]
    public void A_long_call_may_use_up_any_number_of_ssrcs()
    {
        for (uint i = 0; i < 500; i++)
        {
            _alice.Participant.SetReceiving([TestClient.Microphone("1", $"mic-{i}", 0x9000 + i)]);
            Assert.Equal(RtpReceiveResult.Forwarded, _alice.Speak(0, ssrc: 0x9000 + i));
        }

        Assert.InRange(_alice.ServerKeys.Inbound.SsrcCount, 1, SrtpInbound.MaxSsrcs);
        Assert.Single(_alice.Participant.Tracks);
    }

    [Fact]
    public void Old_packets_of_a_forgotten_ssrc_are_refused()
    {
        _alice.Participant.SetReceiving([TestClient.Microphone("1", "first", 0x8FFF)]);
        byte[] recorded = _alice.Protect(TestClient.Speech(0, ssrc: 0x8FFF).Build());
        Assert.Equal(RtpReceiveResult.Forwarded, Replay(recorded));
        for (uint i = 0; i < 100; i++)
        {
            _alice.Participant.SetReceiving([TestClient.Microphone("1", $"mic-{i}", 0x9000 + i)]);
            _alice.Speak(0, ssrc: 0x9000 + i);
        }

        Assert.Equal(RtpReceiveResult.UnknownSsrc, Replay(recorded));
        Assert.Equal(0, _alice.Participant.Count(RtpReceiveResult.NotAuthentic));
    }

    [Fact]
    public void Microphones_changed_without_end_do_not_fill_the_table()
    {
        // One section each, which all stay negotiated.
        var sections = new List<InboundSection>();
        for (uint i = 0; i < 100; i++)
        {
            sections.Add(TestClient.Microphone($"{i}", $"mic-{i}", 0x9000 + i));
            _alice.Participant.SetReceiving([.. sections]);
            _call.NowMs += 1000;
            Assert.Equal(RtpReceiveResult.Forwarded, _alice.Speak(0, ssrc: 0x9000 + i));
        }

        Assert.Equal(["started Voice"], _alice.Events);
    }

    [Fact]
    public void What_we_send_does_not_come_back()
    {
        TestClient bob = _call.Join("bob").WithMicrophone();
        bob.Speak(0);
        _alice.WithMicrophone();

        Assert.Equal(RtpReceiveResult.Looped, _alice.Speak(0, ssrc: _alice.Received[0].Ssrc));
        Assert.Equal(RtpReceiveResult.Looped, _alice.Speak(1, ssrc: _alice.Participant.RtcpSsrc));
        Assert.Empty(_alice.Participant.Tracks);
    }

    [Fact]
    public void A_probe_with_ssrc_0_only_feeds_the_feedback()
    {
        _alice.WithMicrophone();
        Assert.Equal(RtpReceiveResult.Probe, _alice.Send(TestClient.Speech(7, ssrc: 0)));
        _alice.Speak(8);
        _alice.Tick();

        Assert.Equal([7, 8], Assert.Single(_alice.FeedbackNumbers()).Select(number => (int)number));
        Assert.Single(_alice.Participant.Tracks);
    }

    [Fact]
    public void Packets_before_the_keys_and_forged_ones_are_counted_and_dropped()
    {
        TestClient bob = _call.Join("bob", connected: false).WithMicrophone();
        Assert.Equal(RtpReceiveResult.NoKeys, bob.Speak(0));
        bob.Participant.SetTransport(bob.ServerKeys.Outbound, bob.ServerKeys.Inbound);

        byte[] forged = bob.Protect(TestClient.Speech(1).Build());
        forged[^1] ^= 1;
        Assert.Equal(RtpReceiveResult.NotAuthentic, bob.Participant.ReceiveRtp(forged, _call.NowMs, _call.Sink));
        Assert.Equal(RtpReceiveResult.Malformed, bob.Participant.ReceiveRtp(new byte[11], _call.NowMs, _call.Sink));
        Assert.Equal(RtpReceiveResult.Malformed, bob.Participant.ReceiveRtp(new byte[1501], _call.NowMs, _call.Sink));
        Assert.Equal(1, bob.Participant.Count(RtpReceiveResult.NoKeys));
        Assert.Equal(1, bob.Participant.Count(RtpReceiveResult.NotAuthentic));
        Assert.Equal(2, bob.Participant.Count(RtpReceiveResult.Malformed));
    }

    [Fact]
    [Trait("Spec", "media-32")]
    public void A_replayed_packet_is_not_forwarded_a_second_time()
    {
        TestClient bob = _call.Join("bob");
        _alice.WithMicrophone();
        byte[] datagram = _alice.Protect(TestClient.Speech(0).Build());
        Assert.Equal(RtpReceiveResult.Forwarded, Replay(datagram));
        Assert.Equal(RtpReceiveResult.NotAuthentic, Replay(datagram));

        _call.Deliver();
        Assert.Single(bob.Received);
    }

    [Fact]
    public void A_stream_of_audio_has_at_most_200_packets_per_second()
    {
        _alice.WithMicrophone();
        TestClient bob = _call.Join("bob");
        int forwarded = 0;
        for (ushort i = 0; i < 5000; i++)
        {
            forwarded += _alice.Send(TestClient.Speech(i)) == RtpReceiveResult.Forwarded ? 1 : 0;
            _call.NowMs += 1;
        }

        Assert.InRange(forwarded, 1190, 1201);
        Assert.Equal(forwarded, bob.Received.Count);
        Assert.Equal(5000 - forwarded, _alice.Participant.Count(RtpReceiveResult.RateLimited));
    }

    [Fact]
    public void Too_many_bits_cost_video_and_never_audio()
    {
        _alice.Participant.SetReceiving(
            [TestClient.Microphone(ssrcs: TestClient.MicrophoneSsrc), TestClient.Video("2", "screen-stream", 0xC1)]);
        _alice.Participant.SetScreenStream("screen-stream");
        long videoBytes = 0;
        ushort number = 0;
        for (int i = 0; i < 100; i++)
        {
            // 32 Mbit/s for two seconds.
            for (int j = 0; j < 70; j++)
            {
                RtpPacketBuilder picture = Picture(number++, 0xC1) with { Payload = new byte[1130] };
                videoBytes += _alice.Send(picture) == RtpReceiveResult.Forwarded ? 1142 : 0;
            }

            Assert.Equal(RtpReceiveResult.Forwarded, _alice.Speak((ushort)i));
        }

        // 1 MB/s sustained and a burst of 1.5 MB.
        Assert.InRange(videoBytes, 3_300_000, 3_520_000);
    }

    [Fact]
    public void Random_and_mutated_packets_of_an_authentic_client_do_no_harm()
    {
        const int Seed = 20_260_106;
        var random = new Random(Seed);
        _alice.WithMicrophone();
        TestClient bob = _call.Join("bob");
        byte[] good = TestClient.Speech(0).Build();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = i % 2 == 0 ? (byte[])good.Clone() : new byte[12 + random.Next(60)];
            if (i % 2 != 0)
            {
                random.NextBytes(bytes);
                bytes[0] = (byte)(0x80 | (bytes[0] & 0x3F));
            }

            (bytes[2], bytes[3]) = ((byte)(i >> 8), (byte)i);
            bytes[random.Next(bytes.Length)] ^= (byte)random.Next(256);
            byte[] rtcp = new byte[8 + random.Next(60)];
            random.NextBytes(rtcp);
            (rtcp[0], rtcp[1]) = ((byte)(0x80 | random.Next(64)), (byte)(200 + random.Next(8)));
            (rtcp[2], rtcp[3]) = (0, (byte)random.Next(rtcp.Length / 4));
            try
            {
                if (bytes[0] >> 6 == 2)
                {
                    _alice.SendRaw(bytes);
                }

                _alice.SendRtcp(rtcp);
                _alice.Tick();
            }
            catch (Exception exception)
            {
                Assert.Fail($"seed {Seed}, input {i} {Convert.ToHexString(bytes)} {Convert.ToHexString(rtcp)}: {exception}");
            }

            _call.NowMs += 10;
        }

        Assert.InRange(_alice.ServerKeys.Inbound.SsrcCount, 1, SrtpInbound.MaxSsrcs);
        Assert.InRange(bob.Participant.Forwarders.Count, 1, InboundStreams.MaxTracks);
    }

    [Fact]
    public void Random_datagrams_do_no_harm()
    {
        const int Seed = 20_260_107;
        var random = new Random(Seed);
        _alice.WithMicrophone();
        _alice.Speak(0);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            Assert.NotEqual(RtpReceiveResult.Forwarded, _alice.Participant.ReceiveRtp(bytes, _call.NowMs, _call.Sink));
            Assert.Equal(RtcpReceiveResult.NotAuthentic, _alice.Participant.ReceiveRtcp(bytes, _call.NowMs, _call.Sink));
        }

        Assert.Equal(RtpReceiveResult.Forwarded, _alice.Speak(1));
    }

    private static RtpPacketBuilder Picture(ushort number, uint ssrc) => new()
    {
        Ssrc = ssrc,
        PayloadType = 96,
        SequenceNumber = number,
        Payload = [0x10, 0, 0, 0],
    };

    private RtpReceiveResult Replay(byte[] datagram) =>
        _alice.Participant.ReceiveRtp((byte[])datagram.Clone(), _call.NowMs, _call.Sink);
}
