using Calls.Rtc.Sfu.Bandwidth;

namespace Calls.Rtc.Tests.Sfu.Bandwidth;

public sealed class VideoPacerTests
{
    private const int Bytes = 1200;

    private readonly VideoPacer _pacer = new() { BitsPerSecond = 2_000_000 };

    [Fact]
    public void A_burst_leaves_at_the_given_rate_in_order()
    {
        List<(long Number, long AtMs)> left = Offer(packets: 100, atMs: 1_000);
        for (long nowMs = 1_000; _pacer.HasQueue; nowMs += VideoPacer.IntervalMs)
        {
            left.AddRange(Pace(nowMs));
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(static i => (long)i), left.Select(static packet => packet.Number));
        Assert.InRange(left[^1].AtMs - 1_000, 430, 490); // 120 kB at 2 Mbit/s take 480 ms
        Assert.InRange(left.Count(static packet => packet.AtMs == 1_000), 1, 4);
        Assert.False(_pacer.IsBusy);
    }

    [Fact]
    public void What_fits_the_rate_does_not_wait()
    {
        for (int i = 0; i < 100; i++)
        {
            Assert.False(_pacer.MustWait(i, Bytes, 1_000 + (i * 5)));
        }
    }

    [Fact]
    public void A_picture_leaves_within_seconds_however_narrow_the_path()
    {
        _pacer.BitsPerSecond = 50_000;
        Offer(packets: 60, atMs: 0);
        Assert.True(_pacer.IsBehind);
        long nowMs = 0;
        for (; _pacer.HasQueue; nowMs += VideoPacer.IntervalMs)
        {
            Pace(nowMs);
        }

        Assert.InRange(nowMs, 3_000, 9_000);
        Assert.False(_pacer.IsBehind);
    }

    [Fact]
    public void A_key_frame_that_waits_does_not_make_the_pictures_after_it_late()
    {
        _pacer.BitsPerSecond = 500_000;
        Offer(packets: 60, atMs: 0, isKeyFrame: true);
        Assert.False(_pacer.IsBehind);
        Offer(packets: 60, atMs: 0);
        Assert.True(_pacer.IsBehind);
        _pacer.Clear();
        Assert.False(_pacer.IsBehind || _pacer.IsBusy);
    }

    [Fact]
    public void A_late_packet_joins_those_that_wait_or_leaves_at_once()
    {
        Offer(packets: 10, atMs: 0);
        long first = _pacer.HighestLeft(9) + 1;
        Assert.True(_pacer.MustWait(first + 1, Bytes, 0));
        Assert.False(_pacer.MustWait(first - 1, Bytes, 0));
    }

    [Fact]
    public void Padding_fills_what_video_leaves_of_a_probe_and_ends_after_40_ms()
    {
        _pacer.MustWait(0, Bytes, 0);
        _pacer.RequestProbe(2_000_000);
        Assert.True(_pacer.IsBusy);
        int bytes = 0;
        long nowMs = 100;
        for (; _pacer.IsBusy; nowMs += VideoPacer.IntervalMs)
        {
            while (_pacer.TryTakePadding(nowMs))
            {
                _pacer.OnPadding(280);
                bytes += 280;
            }
        }

        Assert.InRange(nowMs, 140, 155);
        Assert.InRange(bytes, 2_000_000 / 8 * 40 / 1000, 2_000_000 / 8 * 50 / 1000);
    }

    private List<(long Number, long AtMs)> Offer(int packets, long atMs, bool isKeyFrame = false)
    {
        List<(long Number, long AtMs)> left = [];
        for (int i = 0; i < packets; i++)
        {
            if (_pacer.MustWait(i, Bytes, atMs))
            {
                _pacer.Enqueue(i, Bytes, isKeyFrame);
            }
            else
            {
                left.Add((i, atMs));
            }
        }

        return left;
    }

    private List<(long Number, long AtMs)> Pace(long nowMs)
    {
        List<(long Number, long AtMs)> left = [];
        while (_pacer.TryDequeue(nowMs, out long number))
        {
            left.Add((number, nowMs));
            _pacer.OnSent(Bytes);
        }

        return left;
    }
}
