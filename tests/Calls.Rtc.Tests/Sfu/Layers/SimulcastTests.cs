using Calls.Rtc.Rtcp;
using Calls.Rtc.Sfu;
using Calls.Rtc.Sfu.Layers;
using Calls.Rtc.Tests.Rtp;

namespace Calls.Rtc.Tests.Sfu.Layers;

/// <summary>One publisher with two layers, and what its subscribers get of them (media.md 4.6).</summary>
public sealed class SimulcastTests
{
    private readonly TestCall _call = new();
    private readonly TestClient _alice;
    private readonly TestClient _bob;
    private readonly SimulcastSource _low = new(0xA1, "l", 60_000, 1_000, 0x7FF0);
    private readonly SimulcastSource _high = new(0xA2, "h", 500, 3_000_000_000, 100);

    public SimulcastTests()
    {
        _alice = _call.Join("alice");
        _bob = _call.Join("bob");
        _alice.Participant.SetReceiving([SimulcastSource.Section()]);
        _alice.Participant.SetScreenStream("screen");
    }

    private TrackForwarder Forwarder => _bob.Participant.Forwarders.Single();

    [Fact]
    public void Two_layers_are_one_track_and_a_subscriber_starts_on_the_lower_one()
    {
        Share(frames: 10);

        PublishedTrack track = Assert.Single(_alice.Participant.Tracks);
        Assert.Equal([true, true, false], track.Layers.ToArray().Select(static layer => layer.HasSource));
        Assert.Equal(["started Screen"], _alice.Events);
        Assert.Equal(10, Vp8Viewer.Watch(_bob.Received).Count);
        Assert.Equal(new LayerTarget(0, 3), Forwarder.Layers.Current);
    }

    [Fact]
    [Trait("Spec", "media-93")]
    public void Layers_stay_bound_when_browsers_stop_naming_them()
    {
        Share(frames: SimulcastSource.NamedPackets * 4);
        Assert.Equal(SimulcastSource.NamedPackets * 4, Vp8Viewer.Watch(_bob.Received).Count);

        Forwarder.Layers.Target = new(1, 3);
        Share(frames: 1, highKey: true);
        Share(frames: 9);

        Assert.Equal(1, Forwarder.Layers.Current.Layer);
        Assert.Equal((SimulcastSource.NamedPackets * 4) + 11, Vp8Viewer.Watch(_bob.Received).Count);
    }

    [Fact]
    public void A_packet_that_names_no_layer_is_not_guessed_to_belong_to_one()
    {
        RtpPacketBuilder[] picture = _low.Next(isKeyFrame: true);
        Assert.Equal(RtpReceiveResult.UnknownSsrc, _alice.Send(picture[0] with { Extensions = [(SimulcastSource.MidId, "1"u8.ToArray())] }));
        Assert.Equal(RtpReceiveResult.UnknownSsrc, _alice.Send(picture[1] with { Extensions = [(SimulcastSource.MidId, "1"u8.ToArray()), (SimulcastSource.RidId, "x"u8.ToArray())] }));
        Assert.Empty(_alice.Participant.Tracks);
    }

    [Fact]
    public void A_switch_waits_for_a_key_frame_and_continues_all_numbers()
    {
        Share(frames: 10);
        _alice.ReceivedRtcp.Clear();
        Forwarder.Layers.Target = new(1, 3);
        Share(frames: 4);
        Assert.Equal(0, Forwarder.Layers.Current.Layer);
        Assert.Equal([0xA2u], _alice.KeyFrameRequests());

        Share(frames: 1, highKey: true);
        Share(frames: 5);

        List<(uint Timestamp, bool IsKeyFrame, int)> pictures = Vp8Viewer.Watch(_bob.Received);
        Assert.Equal(21, pictures.Count); // of the moment of the switch there are two
        Assert.True(pictures[15].IsKeyFrame);
        Assert.Single(_bob.Received.Select(static packet => packet.Ssrc).Distinct());
        Assert.All(pictures.Zip(pictures.Skip(1)), static pair => Assert.InRange(pair.Second.Timestamp - pair.First.Timestamp, 1u, 4_500u));

        // And back, without a word about it to the publisher until a key frame is needed.
        _alice.ReceivedRtcp.Clear();
        Forwarder.Layers.Target = new(0, 3);
        Share(frames: 2);
        Share(frames: 1, lowKey: true);
        Share(frames: 5);
        Assert.Equal([0xA1u], _alice.KeyFrameRequests());
        Assert.Equal(27, Vp8Viewer.Watch(_bob.Received).Count); // while it is awaited, the base of the upper layer must do
    }

    [Fact]
    public void Timestamps_of_two_layers_are_aligned_by_their_sender_reports()
    {
        byte[] report = new byte[28];
        SenderReport.Write(report, 0xA1, 1ul << 32, 1_000, 0, 0);
        Share(frames: 2);
        _alice.SendRtcp(report);
        SenderReport.Write(report, 0xA2, 1ul << 32, 3_000_000_000, 0, 0);
        _alice.SendRtcp(report);

        // The upper layer arrives 30 ms late, but was captured 50 ms after the last picture of the lower one.
        Forwarder.Layers.Target = new(1, 3);
        Send(_low.Next());
        _high.Next();
        _call.NowMs += 80;
        Send(_high.Next(isKeyFrame: true));

        List<(uint Timestamp, bool IsKeyFrame, int)> pictures = Vp8Viewer.Watch(_bob.Received);
        Assert.Equal(4_500u, pictures[^1].Timestamp - pictures[^2].Timestamp);
    }

    [Fact]
    public void A_key_frame_that_does_not_come_is_asked_for_again_and_then_given_up()
    {
        Share(frames: 2);
        _alice.ReceivedRtcp.Clear();
        Forwarder.Layers.Target = new(1, 3);
        Share(frames: 59); // 2.95 s
        Assert.Equal([0xA2u, 0xA2u, 0xA2u], _alice.KeyFrameRequests());

        Share(frames: 100);
        Assert.Equal(3, _alice.KeyFrameRequests().Count);
        Share(frames: 1, highKey: true);
        Assert.Equal(0, Forwarder.Layers.Current.Layer); // refused for 10 s
        Share(frames: 110);
        Share(frames: 1, highKey: true);
        Assert.Equal(1, Forwarder.Layers.Current.Layer);
        Vp8Viewer.Watch(_bob.Received);
    }

    [Fact]
    public void A_layer_that_stops_arriving_is_replaced_by_the_one_below()
    {
        Share(frames: 2);
        Forwarder.Layers.Target = new(1, 3);
        Share(frames: 1, highKey: true);
        Share(frames: 10);
        Assert.Equal(1, Forwarder.Layers.Current.Layer);
        _alice.ReceivedRtcp.Clear();

        for (int i = 0; i < 22; i++)
        {
            Step(_low.Next(), []);
        }

        Assert.Equal([0xA1u], _alice.KeyFrameRequests());
        Step(_low.Next(isKeyFrame: true), []);
        Assert.Equal(0, Forwarder.Layers.Current.Layer);

        // It comes back.
        Share(frames: 2);
        Share(frames: 1, highKey: true);
        Assert.Equal(1, Forwarder.Layers.Current.Layer);
        Vp8Viewer.Watch(_bob.Received);
    }

    [Fact]
    public void A_screen_that_stands_still_has_not_stopped()
    {
        Share(frames: 2);
        Forwarder.Layers.Target = new(1, 3);
        Share(frames: 1, highKey: true);
        _alice.ReceivedRtcp.Clear();
        for (int i = 0; i < 10; i++)
        {
            _call.NowMs += 1_500;
            Share(frames: 1);
        }

        Assert.Empty(_alice.KeyFrameRequests());
        Assert.Equal(1, Forwarder.Layers.Current.Layer);
    }

    [Fact]
    public void Temporal_layers_are_left_out_without_a_gap_and_come_back_where_the_picture_allows_it()
    {
        Share(frames: 8);
        Forwarder.Layers.Target = new(0, 0);
        Share(frames: 16);
        List<(uint, bool, int TemporalLayer)> pictures = Vp8Viewer.Watch(_bob.Received);
        Assert.Equal(8 + 4, pictures.Count);
        Assert.All(pictures[8..], static picture => Assert.Equal(0, picture.TemporalLayer));

        Forwarder.Layers.Target = new(0, 3);
        Share(frames: 24);
        pictures = Vp8Viewer.Watch(_bob.Received);
        int[] back = [0, 1, 0, 1, 0, 2, 1, 2, 0, 2, 1, 2, 0, 2, 1, 2, 0, 2, 1, 2];
        Assert.Equal(back, pictures[12..].Select(static picture => picture.TemporalLayer));
    }

    [Fact]
    public void Nothing_is_sent_while_a_track_is_paused_and_a_key_frame_starts_it_again()
    {
        Share(frames: 5);
        Forwarder.Layers.Target = LayerTarget.Nothing;
        Share(frames: 20);
        Assert.Equal(5, Vp8Viewer.Watch(_bob.Received).Count);

        Forwarder.Layers.Target = LayerTarget.Lowest;
        Share(frames: 3);
        Assert.Equal(5, Vp8Viewer.Watch(_bob.Received).Count);
        Share(frames: 1, lowKey: true);
        Share(frames: 3);
        List<(uint Timestamp, bool IsKeyFrame, int)> pictures = Vp8Viewer.Watch(_bob.Received);
        Assert.Equal(9, pictures.Count);
        Assert.Equal(24u * 4_500, pictures[5].Timestamp - pictures[4].Timestamp); // the pause is as long as it was
    }

    [Fact]
    public void Whatever_is_wanted_and_lost_the_subscriber_sees_one_stream_and_no_number_twice()
    {
        const int Seed = 46;
        var random = new Random(Seed);
        Share(frames: 1);
        for (int i = 0; i < 3_000; i++)
        {
            if (random.Next(15) == 0)
            {
                Forwarder.Layers.Target = random.Next(6) == 0 ? LayerTarget.Nothing : new(random.Next(3), random.Next(4));
            }

            RtpPacketBuilder[] packets = [.. _low.Next(random.Next(20) == 0), .. _high.Next(random.Next(20) == 0)];
            if (random.Next(10) == 0)
            {
                random.Shuffle(packets);
            }

            foreach (RtpPacketBuilder packet in packets)
            {
                if (random.Next(50) != 0)
                {
                    _alice.Send(packet);
                }
            }

            _call.NowMs += 50;
        }

        // A number that came twice would not have authenticated: the second one is a replay to Bob.
        Assert.Equal(_bob.Received.Count, (int)Forwarder.PacketCount);
        Assert.InRange(_bob.Received.Count, 2_000, 6_000);
        int distinct = _bob.Received.Select(static packet => packet.SequenceNumber).Distinct().Count();
        Assert.True(distinct == _bob.Received.Count, $"seed {Seed}");
    }

    /// <summary>Pictures of both layers, 50 ms apart; the first ever are key frames.</summary>
    private void Share(int frames, bool lowKey = false, bool highKey = false)
    {
        for (int i = 0; i < frames; i++)
        {
            Step(_low.Next(lowKey || _low.Frames == 0), _high.Next(highKey || _high.Frames == 0));
        }
    }

    private void Step(RtpPacketBuilder[] low, RtpPacketBuilder[] high)
    {
        Send(low);
        Send(high);
        _alice.Tick();
        _call.NowMs += 50;
    }

    private void Send(RtpPacketBuilder[] picture)
    {
        foreach (RtpPacketBuilder packet in picture)
        {
            _alice.Send(packet);
        }
    }
}
