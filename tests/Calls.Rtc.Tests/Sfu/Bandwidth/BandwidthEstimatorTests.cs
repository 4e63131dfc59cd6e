using Calls.Rtc.Sfu.Bandwidth;
using Calls.Rtc.Sfu.Feedback;

namespace Calls.Rtc.Tests.Sfu.Bandwidth;

public sealed class BandwidthEstimatorTests
{
    private const int AudioBytes = 120;
    private const int VideoBytes = 1100;

    private readonly BandwidthEstimator _estimator = new();
    private readonly EmulatedPath _path;
    private double _videoCredit;

    public BandwidthEstimatorTests() => _path = new(new Observer(_estimator), Seed);

    private static int Seed => 2026;

    [Theory]
    [InlineData(400_000)]
    [InlineData(1_200_000)]
    [InlineData(3_000_000)]
    public void It_settles_below_what_the_bottleneck_carries_and_keeps_its_queue_short(long bitsPerSecond)
    {
        _path.BitsPerSecond = bitsPerSecond;
        Run(40_000, () => _estimator.BitsPerSecond);

        List<double> queue = [];
        List<long> estimates = [];
        Run(20_000, () => _estimator.BitsPerSecond, () =>
        {
            queue.Add(_path.QueueMs);
            estimates.Add(_estimator.BitsPerSecond);
        });

        Assert.InRange(estimates.Average(), 0.65 * bitsPerSecond, 1.05 * bitsPerSecond);
        Assert.True(queue.Average() < 60, $"seed {Seed}: queue of {queue.Average()} ms");
    }

    [Fact]
    public void It_follows_a_path_that_becomes_narrow_within_2_s_and_recovers_when_it_widens()
    {
        _path.BitsPerSecond = 3_000_000;
        Run(40_000, () => _estimator.BitsPerSecond);
        _path.BitsPerSecond = 600_000;
        Run(2_000, () => _estimator.BitsPerSecond);
        Assert.InRange(_estimator.BitsPerSecond, 200_000, 660_000);

        _path.BitsPerSecond = 3_000_000;
        Run(40_000, () => _estimator.BitsPerSecond);
        Assert.InRange(_estimator.BitsPerSecond, 1_500_000, 3_200_000);
    }

    [Fact]
    public void Loss_that_has_nothing_to_do_with_the_rate_does_not_bring_it_down()
    {
        (_path.Loss, _path.BitsPerSecond) = (0.1, 5_000_000);
        Run(60_000, () => 600_000);
        Assert.InRange(_estimator.BitsPerSecond, 550_000, 2_000_000);
    }

    [Fact]
    public void Loss_without_a_queue_brings_it_down_to_what_arrives()
    {
        (_path.BitsPerSecond, _path.MaxQueueMs) = (500_000, 25);
        Run(15_000, () => Math.Max(_estimator.BitsPerSecond, 100_000));
        Assert.InRange(_estimator.BitsPerSecond, 250_000, 650_000);
    }

    [Fact]
    public void Jitter_alone_is_no_congestion()
    {
        (_path.BitsPerSecond, _path.JitterMs) = (20_000_000, 20);
        Run(30_000, () => 600_000);
        Assert.InRange(_estimator.BitsPerSecond, 600_000, BandwidthEstimator.MaxBitsPerSecond);
    }

    [Fact]
    public void It_does_not_grow_far_beyond_what_was_sent()
    {
        Run(60_000, () => 400_000);
        Assert.InRange(_estimator.BitsPerSecond, BandwidthEstimator.StartBitsPerSecond, 1.6 * 500_000);
    }

    [Theory]
    [InlineData(6_000_000, true)]
    [InlineData(1_000_000, false)]
    public void A_probe_shows_what_the_path_carries(long bitsPerSecond, bool isCarried)
    {
        _path.BitsPerSecond = bitsPerSecond;
        Run(3_000, () => 300_000);
        for (int i = 0; i < 45; i++)
        {
            if (i % 5 == 0)
            {
                for (int sent = 0; sent < 2_000_000 / 8 * 5 / 1000; sent += 280)
                {
                    _path.Send(280, SentPacketKind.Probe);
                }
            }

            _path.Step();
        }

        Run(500, () => 300_000);
        Assert.Equal(1, _estimator.Probes);
        Assert.Equal(isCarried, _estimator.LastProbe.WasCarried);
        Assert.InRange(_estimator.BitsPerSecond, isCarried ? 1_800_000 : 600_000, isCarried ? 2_300_000 : 1_050_000);
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        Run(2_000, () => 1_000_000);
        var packet = new PacketFeedback(0, 10_000, 1_000, SentPacketKind.Video, true, 40_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 5_000; i++)
        {
            _estimator.OnPacket(packet with { SequenceNumber = (ushort)i, SentMs = 10_000 + (i * 3), ArrivalTicks = 40_000 + (i * 12), IsReceived = i % 20 != 0 });
            if (i % 30 == 0)
            {
                _estimator.OnFeedbackEnd(10_000 + (i * 3));
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Whatever_a_client_reports_the_estimate_stays_within_its_bounds()
    {
        var random = new Random(Seed);
        long nowMs = 0;
        for (int i = 0; i < 50_000; i++)
        {
            var packet = new PacketFeedback(
                (ushort)random.Next(), nowMs - random.Next(-100, 2_000), random.Next(2_047), (SentPacketKind)random.Next(4),
                random.Next(3) > 0, random.Next(5) == 0 ? random.NextInt64(-1L << 40, 1L << 40) : nowMs * 4);
            _estimator.OnPacket(packet);
            nowMs += random.Next(3);
            if (random.Next(10) == 0)
            {
                _estimator.OnFeedbackEnd(nowMs);
                Assert.True(
                    _estimator.BitsPerSecond is >= BandwidthEstimator.MinBitsPerSecond and <= BandwidthEstimator.MaxBitsPerSecond,
                    $"seed {Seed}, packet {i}: {_estimator.BitsPerSecond}");
            }
        }
    }

    /// <summary>Two voices, and video at a rate, spread over 5 ms.</summary>
    private void Run(long milliseconds, Func<long> rate, Action? each100Ms = null)
    {
        for (long end = _path.NowMs + milliseconds; _path.NowMs < end; _path.Step())
        {
            if (_path.NowMs % 20 == 0)
            {
                _path.Send(AudioBytes, SentPacketKind.Audio);
                _path.Send(AudioBytes, SentPacketKind.Audio);
            }

            if (_path.NowMs % 5 == 0)
            {
                double video = rate() - (2 * 50 * 8 * AudioBytes);
                for (_videoCredit = Math.Min(_videoCredit + (Math.Max(0, video) * 5 / 8000), 8_000); _videoCredit >= VideoBytes; _videoCredit -= VideoBytes)
                {
                    _path.Send(VideoBytes, SentPacketKind.Video);
                }
            }

            if (_path.NowMs % 100 == 0)
            {
                each100Ms?.Invoke();
            }
        }
    }

    private sealed class Observer(BandwidthEstimator estimator) : IBandwidthObserver
    {
        public void OnPacket(in PacketFeedback packet) => estimator.OnPacket(packet);

        public void OnFeedbackEnd(long nowMs) => estimator.OnFeedbackEnd(nowMs);
    }
}
