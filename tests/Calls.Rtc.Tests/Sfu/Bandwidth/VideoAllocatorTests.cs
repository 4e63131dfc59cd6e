using Calls.Rtc.Sfu;
using Calls.Rtc.Sfu.Bandwidth;
using Calls.Rtc.Sfu.Layers;
using Calls.Rtc.Tests.Rtp;
using Calls.Rtc.Tests.Sfu.Layers;

namespace Calls.Rtc.Tests.Sfu.Bandwidth;

/// <summary>Which operating points are chosen for a screen with two layers of known rates, and for a camera beside it.</summary>
public sealed class VideoAllocatorTests
{
    // 20 pictures a second of 2 packets; half of the rate is the highest temporal layer.
    private const int LowBytes = 1500;
    private const int HighBytes = 7_000;

    private readonly TestCall _call = new();
    private readonly TestClient _alice;
    private readonly TestClient _bob;
    private readonly SimulcastSource _low = new(0xA1, "l", 1_000, 0, 0) { PayloadBytes = LowBytes / 2 };
    private readonly SimulcastSource _high = new(0xA2, "h", 1_000, 0, 0) { PayloadBytes = HighBytes / 5, PacketsPerFrame = 5 };
    private readonly VideoAllocator _allocator = new();
    private int _cameraPackets;

    public VideoAllocatorTests()
    {
        _alice = _call.Join("alice");
        _bob = _call.Join("bob");
        _alice.Participant.SetReceiving([SimulcastSource.Section(), TestClient.Video("2", "camera", 0xC1)]);
        _alice.Participant.SetScreenStream("screen");
        _alice.Participant.SetVideoStream("camera");
        Share(4_000);
    }

    private TrackForwarder Screen => _bob.Participant.Forwarders.Single(static forwarder => forwarder.Track!.Type == TrackType.Screen);

    private long Rate(int layer, int temporalLayer) => Screen.Track!.Layers[layer].Rate.Recent(temporalLayer);

    [Fact]
    public void Rates_are_measured_per_temporal_layer()
    {
        Assert.InRange(Rate(0, 3), 230_000, 270_000);
        Assert.InRange(Rate(1, 3), 1_100_000, 1_250_000);
        Assert.InRange(Rate(1, 1) / (double)Rate(1, 3), 0.45, 0.55);
        Assert.InRange(Rate(1, 0) / (double)Rate(1, 3), 0.2, 0.3);
        Assert.Equal(3, Screen.Track!.Layers[1].Rate.TemporalLayers);
    }

    [Fact]
    public void Without_an_estimate_everybody_gets_the_lowest_layer() =>
        Assert.Equal([LayerTarget.Lowest], Targets(null, 10_000));

    [Fact]
    public void A_higher_layer_is_taken_when_it_fits_with_a_margin()
    {
        Targets(600_000, 2_500);
        Assert.Equal(0, Screen.Layers.Target.Layer);
        Assert.InRange(_allocator.WantedBitsPerSecond, (long)(1.1 * Rate(1, 1)), (long)(1.4 * Rate(1, 1)));

        Targets(1_500_000, 200);
        Assert.Equal(new LayerTarget(1, LayerTarget.AllTemporalLayers), Screen.Layers.Target);
        Assert.Equal(0, _allocator.WantedBitsPerSecond);
    }

    [Fact]
    public void A_path_that_narrows_costs_temporal_layers_first_and_then_the_layer_at_once()
    {
        Targets(3_000_000, 3_000);
        Assert.Equal(1, Screen.Layers.Target.Layer);

        Targets(Rate(1, 1) + 50_000, 100);
        Assert.Equal(new LayerTarget(1, 1), Screen.Layers.Target);

        Targets(400_000, 100);
        Assert.Equal(new LayerTarget(0, LayerTarget.AllTemporalLayers), Screen.Layers.Target);

        Targets(130_000, 100);
        Assert.Equal(0, Screen.Layers.Target.Layer);
        Assert.InRange(Screen.Layers.Target.TemporalLayer, 0, 1);

        Targets(20_000, 1_000);
        Assert.Equal(new LayerTarget(0, 0), Screen.Layers.Target);
        Targets(20_000, 1_500);
        Assert.Equal(LayerTarget.Nothing, Screen.Layers.Target);
        Assert.True(_allocator.WantedBitsPerSecond > 0);
    }

    [Fact]
    public void Nothing_is_taken_away_from_a_path_that_shows_no_limit()
    {
        Targets(3_000_000, 3_000);
        Targets(600_000, 1_000, isCongested: false);
        Assert.Equal(new LayerTarget(1, LayerTarget.AllTemporalLayers), Screen.Layers.Target);
    }

    [Fact]
    public void A_layer_that_could_not_be_kept_is_not_taken_again_for_10_s_and_then_ever_longer()
    {
        List<long> switches = [];
        int layer = 0;
        for (int i = 0; i < 1_200; i++)
        {
            // The path seems wide as long as nothing is sent, and narrow as soon as something is.
            Targets(layer == 0 ? 3_000_000 : 400_000, 100);
            if (Screen.Layers.Target.Layer != layer)
            {
                layer = Screen.Layers.Target.Layer;
                switches.Add(_call.NowMs);
            }
        }

        long[] ups = [.. switches.Where((_, i) => i % 2 == 0)];
        Assert.InRange(ups.Length, 3, 6); // in 2 minutes
        Assert.All(ups.Zip(ups.Skip(1)), static pair => Assert.True(pair.Second - pair.First >= 10_000));
        Assert.True(ups[^1] - ups[^2] > ups[1] - ups[0]);
    }

    [Fact]
    public void A_screen_is_served_before_a_camera()
    {
        Share(4_000, camera: true);
        TrackForwarder camera = _bob.Participant.Forwarders.Single(static forwarder => forwarder.Track!.Type == TrackType.Video);
        long cameraRate = camera.Track!.Layers[0].Rate.Recent(0);
        Assert.InRange(cameraRate, 100_000, 200_000);

        Targets(Rate(0, 3) + (cameraRate / 2), 2_500, camera: true);
        Assert.Equal(LayerTarget.Lowest, Screen.Layers.Target);
        Assert.Equal(LayerTarget.Nothing, camera.Layers.Target);

        Targets(Rate(0, 3) + (cameraRate * 3 / 2), 3_000, camera: true);
        Assert.Equal(LayerTarget.Lowest, Screen.Layers.Target);
        Assert.Equal(LayerTarget.Lowest, camera.Layers.Target);
    }

    [Fact]
    public void A_layer_that_is_not_sent_is_not_chosen()
    {
        Targets(3_000_000, 3_000);
        Assert.Equal(1, Screen.Layers.Target.Layer);
        for (int i = 0; i < 30; i++)
        {
            Send(_low.Next());
            _call.NowMs += 50;
        }

        Targets(3_000_000, 0);
        Assert.Equal(0, Screen.Layers.Target.Layer);
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        Targets(1_000_000, 1_000);
        IReadOnlyList<TrackForwarder> forwarders = _bob.Participant.Forwarders;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            _allocator.Allocate(forwarders, 100_000 + (i * 3_000), isCongested: i % 2 == 0, _call.NowMs + i);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private LayerTarget[] Targets(long? budget, long milliseconds, bool camera = false, bool isCongested = true)
    {
        for (long end = _call.NowMs + milliseconds; _call.NowMs < end;)
        {
            _allocator.Allocate(_bob.Participant.Forwarders, budget, isCongested, _call.NowMs);
            Share(50, camera);
        }

        _allocator.Allocate(_bob.Participant.Forwarders, budget, isCongested, _call.NowMs);
        return [.. _bob.Participant.Forwarders.Select(static forwarder => forwarder.Layers.Target)];
    }

    private void Share(long milliseconds, bool camera = false)
    {
        for (long end = _call.NowMs + milliseconds; _call.NowMs < end; _call.NowMs += 50)
        {
            Send(_low.Next(_low.Frames % 40 == 0));
            Send(_high.Next(_high.Frames % 40 == 0));
            if (camera)
            {
                _alice.Send(new RtpPacketBuilder
                {
                    Ssrc = 0xC1,
                    PayloadType = 96,
                    SequenceNumber = (ushort)_low.Frames,
                    Timestamp = (uint)_call.NowMs * 90,
                    HasMarker = true,
                    Payload = [0x10, (byte)(_cameraPackets++ == 0 ? 0 : 1), .. new byte[900]],
                });
            }
        }

        _bob.Received.Clear();
    }

    private void Send(RtpPacketBuilder[] picture)
    {
        foreach (RtpPacketBuilder packet in picture)
        {
            _alice.Send(packet);
        }
    }
}
