using Calls.Rtc.Sfu;
using Calls.Rtc.Sfu.Bandwidth;
using Calls.Rtc.Tests.Rtp;

namespace Calls.Rtc.Tests.Sfu.Layers;

/// <summary>Video through the pacer: what waits leaves in order, with the numbers it would have had, and costs no garbage.</summary>
public sealed class VideoPathTests
{
    private readonly TestCall _call = new();
    private readonly SimulcastSource _low = new(0xA1, "l", 1_000, 0, 0) { PacketsPerFrame = 4, PayloadBytes = 1_000 };
    private readonly SimulcastSource _high = new(0xA2, "h", 1_000, 0, 0) { PacketsPerFrame = 8, PayloadBytes = 1_000 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_burst_waits_for_its_turn_and_stays_one_stream(bool hasRtx)
    {
        (TestClient alice, TestClient bob) = Join(hasRtx);
        Send(alice, _low.Next(isKeyFrame: true));
        bob.Participant.Forwarders[0].Pacer.BitsPerSecond = 400_000;
        for (int i = 0; i < 100; i++)
        {
            Send(alice, _low.Next());
            for (int turn = 0; turn < 20; turn++)
            {
                _call.NowMs += VideoPacer.IntervalMs;
                alice.Participant.Pace(_call.NowMs, _call.Sink);
                _call.Deliver();
            }
        }

        List<(uint, bool, int)> pictures = Vp8Viewer.Watch(bob.Received);
        Assert.Equal(101, pictures.Count);
        Assert.Equal(Enumerable.Range(1, bob.Received.Count), bob.Received.Select(static packet => (packet.Extension(5)![0] << 8) | packet.Extension(5)![1]));
        Assert.Equal(404u, bob.Participant.Forwarders[0].PacketCount);
    }

    [Fact]
    public void A_subscriber_whose_path_is_too_narrow_goes_on_with_a_key_frame_when_the_queue_is_gone()
    {
        (TestClient alice, TestClient bob) = Join(hasRtx: true);
        TrackForwarder forwarder = Begin(alice, bob);
        forwarder.Pacer.BitsPerSecond = 50_000; // less than the base of it
        int keyFrames = 0;
        for (int i = 0; i < 200; i++)
        {
            bool isWanted = alice.KeyFrameRequests().Count > 0;
            alice.ReceivedRtcp.Clear();
            keyFrames += isWanted ? 1 : 0;
            Send(alice, _low.Next(isWanted));
            for (int turn = 0; turn < 20; turn++)
            {
                _call.NowMs += VideoPacer.IntervalMs;
                alice.Participant.Pace(_call.NowMs, _call.Sink);
                _call.Deliver();
            }

            alice.Tick();
        }

        Vp8Viewer.Watch(bob.Received);
        Assert.InRange(bob.Received.Count, 30, 300); // of 804, in 20 s
        Assert.InRange(keyFrames, 2, 8);
        Assert.True(forwarder.Track!.Count(ForwardResult.Behind) > 0);
    }

    [Fact]
    public void A_number_that_waits_is_not_sent_before_its_time_whoever_asks_for_it()
    {
        (TestClient alice, TestClient bob) = Join(hasRtx: false);
        TrackForwarder forwarder = Begin(alice, bob);
        forwarder.Pacer.BitsPerSecond = 50_000;
        Send(alice, _low.Next());
        Assert.True(forwarder.Pacer.HasQueue);
        int before = bob.Received.Count;
        ushort newest = bob.Received[^1].SequenceNumber;
        bob.SendNack(forwarder.Ssrc, (ushort)(newest + 1), (ushort)(newest + 2));
        alice.Tick();
        Assert.InRange(bob.Received.Count - before, 0, 1);

        for (int turn = 0; turn < 200; turn++)
        {
            _call.NowMs += VideoPacer.IntervalMs;
            alice.Participant.Pace(_call.NowMs, _call.Sink);
            _call.Deliver();
        }

        Vp8Viewer.Watch(bob.Received);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Padding_of_a_probe_leaves_no_gap_in_the_picture(bool hasRtx)
    {
        (TestClient alice, TestClient bob) = Join(hasRtx);
        TrackForwarder forwarder = Begin(alice, bob);
        forwarder.Pacer.RequestProbe(2_000_000);
        for (int turn = 0; turn < 20; turn++)
        {
            alice.Tick();
            _call.NowMs += VideoPacer.IntervalMs;
            alice.Participant.Pace(_call.NowMs, _call.Sink);
            _call.Deliver();
        }

        Send(alice, _low.Next());
        Assert.InRange(bob.Received.Count(static packet => packet.Payload.Length == 0), 30, 60);
        ReceivedRtp[] stream = [.. bob.Received.Where(packet => packet.Ssrc == forwarder.Ssrc)];
        Assert.Equal(hasRtx, stream.All(static packet => packet.Payload.Length > 0));
        Assert.Equal(Enumerable.Range(stream[0].SequenceNumber, stream.Length), stream.Select(static packet => (int)packet.SequenceNumber));
        Assert.Equal((uint)stream.Length, forwarder.PacketCount);
    }

    [Fact]
    public void Layers_switches_and_pacing_allocate_nothing()
    {
        TestClient alice = _call.Join("alice");
        TestClient[] viewers = [.. Enumerable.Range(0, 6).Select(i => Watcher($"viewer{i}", hasRtx: i % 2 == 0))];
        Publish(alice);
        byte[][] datagrams = [.. Enumerable.Range(0, 3_000).SelectMany(i => (RtpPacketBuilder[])[.. _low.Next(i % 25 == 0), .. _high.Next(i % 25 == 0)]).Select(packet => alice.Protect(packet.Build()))];
        var sink = new CountingSink();
        Forward(alice, viewers, datagrams.AsSpan(0, 12_000), sink);
        int before = sink.Count;
        long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        Forward(alice, viewers, datagrams.AsSpan(12_000), sink);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;

        Assert.InRange(sink.Count - before, 10_000, 60_000);
        Assert.Equal(0, allocated);
    }

    private void Forward(TestClient alice, TestClient[] viewers, ReadOnlySpan<byte[]> datagrams, CountingSink sink)
    {
        for (int i = 0; i < datagrams.Length; i++)
        {
            alice.Participant.ReceiveRtp(datagrams[i], _call.NowMs, sink);
            if (i % 12 != 11)
            {
                continue;
            }

            TrackForwarder forwarder = viewers[i / 12 % viewers.Length].Participant.Forwarders[0];
            forwarder.Layers.Target = new(i / 84 % 2, i / 12 % 4);
            forwarder.Pacer.BitsPerSecond = 2_000_000;
            for (int turn = 0; turn < 10; turn++)
            {
                _call.NowMs += VideoPacer.IntervalMs;
                alice.Participant.Pace(_call.NowMs, sink);
            }

            alice.Participant.Tick(_call.NowMs, sink);
        }
    }

    private (TestClient Alice, TestClient Bob) Join(bool hasRtx)
    {
        TestClient alice = _call.Join("alice");
        TestClient bob = Watcher("bob", hasRtx);
        Publish(alice);
        return (alice, bob);
    }

    private TestClient Watcher(string name, bool hasRtx)
    {
        TestClient client = _call.Join(name);
        client.History = 256;
        client.TakesRtx = hasRtx;
        return client;
    }

    private static void Publish(TestClient alice)
    {
        alice.Participant.SetReceiving([SimulcastSource.Section()]);
        alice.Participant.SetScreenStream("screen");
    }

    private TrackForwarder Begin(TestClient alice, TestClient bob)
    {
        Send(alice, _low.Next(isKeyFrame: true));
        _call.NowMs += 100;
        alice.Participant.Pace(_call.NowMs, _call.Sink);
        _call.Deliver();
        return bob.Participant.Forwarders[0];
    }

    private static void Send(TestClient alice, RtpPacketBuilder[] picture)
    {
        foreach (RtpPacketBuilder packet in picture)
        {
            alice.Send(packet);
        }
    }
}
