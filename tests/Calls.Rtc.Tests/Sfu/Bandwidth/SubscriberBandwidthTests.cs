using Calls.Rtc.Rtcp;
using Calls.Rtc.Sfu;
using Calls.Rtc.Sfu.Bandwidth;
using Calls.Rtc.Sfu.Feedback;
using Calls.Rtc.Sfu.Layers;
using Calls.Rtc.Tests.Rtp;
using Calls.Rtc.Tests.Sfu.Layers;

namespace Calls.Rtc.Tests.Sfu.Bandwidth;

/// <summary>What a subscriber's own loop decides about the video sent to it.</summary>
public sealed class SubscriberBandwidthTests
{
    private readonly TestCall _call = new();
    private readonly TestClient _alice;
    private readonly TestClient _bob;
    private readonly SimulcastSource _low = new(0xA1, "l", 1_000, 0, 0) { PayloadBytes = 700 };
    private readonly SimulcastSource _high = new(0xA2, "h", 1_000, 0, 0) { PayloadBytes = 1_000, PacketsPerFrame = 6 };
    private ushort _fed;

    public SubscriberBandwidthTests()
    {
        _alice = _call.Join("alice");
        _bob = _call.Join("bob");
        _alice.Participant.SetReceiving([SimulcastSource.Section()]);
        _alice.Participant.SetScreenStream("screen");
        Share(1_000);
    }

    private TrackForwarder Forwarder => _bob.Participant.Forwarders.Single();

    private SubscriberBandwidth Bandwidth => _bob.Participant.Bandwidth!;

    [Fact]
    public void A_client_without_video_is_not_measured() => Assert.Null(_alice.Participant.Bandwidth);

    [Fact]
    public void Without_any_feedback_the_lowest_layer_is_sent_at_an_easy_pace()
    {
        Share(5_000);
        Assert.Equal(0, Bandwidth.EstimateBitsPerSecond);
        Assert.Equal(LayerTarget.Lowest, Forwarder.Layers.Target);
        Assert.Equal(SubscriberBandwidth.UnknownPaceBitsPerSecond, Forwarder.Pacer.BitsPerSecond);
    }

    [Fact]
    public void A_client_that_says_what_it_can_receive_is_believed()
    {
        Share(5_000, () => Remb(3_000_000));
        Assert.InRange(Bandwidth.EstimateBitsPerSecond, 2_990_000, 3_000_000);
        Assert.Equal(1, Forwarder.Layers.Target.Layer);

        Share(6_000); // it falls silent
        Assert.Equal(0, Bandwidth.EstimateBitsPerSecond);
        Assert.Equal(LayerTarget.Lowest, Forwarder.Layers.Target);
    }

    [Fact]
    public void Padding_is_asked_for_when_a_better_layer_is_within_reach_and_only_then()
    {
        Share(4_000);
        Assert.Equal(0, CountPadding());
        Share(4_000, Feed);
        Assert.InRange(CountPadding(), 5, 400);
    }

    [Fact]
    public void Deciding_allocates_nothing()
    {
        Share(3_000, Feed);
        SubscriberBandwidth bandwidth = Bandwidth;
        var packet = new PacketFeedback(0, _call.NowMs, 1_000, SentPacketKind.Video, true, _call.NowMs * 4);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 3_000; i++)
        {
            long nowMs = _call.NowMs + (i * 10);
            bandwidth.OnPacket(packet with { SequenceNumber = (ushort)i, SentMs = nowMs, ArrivalTicks = (nowMs + 30) * 4, IsReceived = i % 9 > 0 });
            bandwidth.OnFeedbackEnd(nowMs);
            bandwidth.Tick(nowMs);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private int CountPadding() => _bob.Received.Count(static packet => packet.Payload.Length == 0);

    private void Remb(long bitsPerSecond)
    {
        byte[] packet = new byte[24];
        ReceiverEstimatedMaxBitrate.Write(packet, 1, bitsPerSecond, Forwarder.Ssrc);
        _bob.SendRtcp(packet);
    }

    // As if everything sent arrived after 30 ms.
    private void Feed()
    {
        for (int i = 0; i < 3; i++)
        {
            long sentMs = _call.NowMs - 50 + (i * 15);
            Bandwidth.OnPacket(new(_fed++, sentMs, 700, SentPacketKind.Video, true, (sentMs + 30) * 4));
        }

        Bandwidth.OnFeedbackEnd(_call.NowMs);
    }

    private void Share(long milliseconds, Action? each50Ms = null)
    {
        for (long end = _call.NowMs + milliseconds; _call.NowMs < end; _call.NowMs += 50)
        {
            foreach (RtpPacketBuilder packet in (RtpPacketBuilder[])[.. _low.Next(_low.Frames % 40 == 0), .. _high.Next(_high.Frames % 40 == 0)])
            {
                _alice.Send(packet);
            }

            each50Ms?.Invoke();
            _alice.Tick();
            _bob.Tick();
        }
    }
}
