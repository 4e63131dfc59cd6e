using Calls.Rtc.Rtcp;
using Calls.Rtc.Sfu;

namespace Calls.Rtc.Tests.Sfu;

public sealed class ReceptionStatisticsTests
{
    private ReceptionStatistics _statistics;

    [Fact]
    public void Loss_is_reported_per_interval_and_in_total()
    {
        Receive(Enumerable.Range(100, 50));
        ReportBlock first = _statistics.TakeReport(7, 1000);
        Assert.Equal((7u, 0, 0, 149u), (first.Ssrc, first.FractionLost, first.CumulativeLost, first.HighestSequence));

        Receive(Enumerable.Range(150, 50).Where(number => number % 2 == 0).Append(199));
        ReportBlock second = _statistics.TakeReport(7, 2000);
        Assert.Equal((24 * 256 / 50, 24, 199u), (second.FractionLost, second.CumulativeLost, second.HighestSequence));

        Receive(Enumerable.Range(200, 50));
        ReportBlock third = _statistics.TakeReport(7, 3000);
        Assert.Equal((0, 24), (third.FractionLost, third.CumulativeLost));
    }

    [Fact]
    public void Late_packets_make_up_for_their_loss()
    {
        Receive([10, 12]);
        Assert.Equal(1, _statistics.TakeReport(1, 0).CumulativeLost);

        Receive([11]);
        ReportBlock report = _statistics.TakeReport(1, 0);
        Assert.Equal((0, 0), (report.FractionLost, report.CumulativeLost));
    }

    [Fact]
    public void Cycles_are_in_the_upper_half_of_the_highest_number()
    {
        Receive([65_535, 65_536]);

        Assert.Equal(0x0001_0000u, _statistics.TakeReport(1, 0).HighestSequence);
    }

    [Fact]
    public void Jitter_follows_the_formula_of_the_rfc()
    {
        // 20 ms packets of which every second one is 10 ms late: |D| = 480 ticks each time.
        double jitter = 0;
        for (int i = 0; i < 40; i++)
        {
            _statistics.OnPacket(i, (uint)(i * 960), 48_000, (i * 20) + (i % 2 * 10));
            jitter += i == 0 ? 0 : (480 - jitter) / 16;
        }

        Assert.InRange(_statistics.TakeReport(1, 0).Jitter, jitter - 2, jitter + 2);
    }

    [Fact]
    public void A_steady_stream_has_no_jitter_across_the_timestamp_wrap()
    {
        for (int i = 0; i < 20; i++)
        {
            _statistics.OnPacket(i, unchecked((uint)(-4800 + (i * 960))), 48_000, 5000 + (i * 20));
        }

        Assert.Equal(0u, _statistics.TakeReport(1, 0).Jitter);
    }

    [Fact]
    public void A_new_timestamp_base_after_a_pause_is_no_jitter()
    {
        _statistics.OnPacket(0, 0, 48_000, 0);
        _statistics.OnPacket(1, 0x8000_0000, 48_000, 20);

        Assert.Equal(0u, _statistics.TakeReport(1, 0).Jitter);
    }

    [Fact]
    public void The_last_sender_report_is_echoed_with_its_age()
    {
        Receive([1]);
        Assert.Equal((0u, 0u), LastReport(_statistics.TakeReport(1, 400)));

        _statistics.OnSenderReport(0x1111_2222_3333_4444, 500);
        Assert.Equal((0x2222_3333u, 65_536u / 2), LastReport(_statistics.TakeReport(1, 1000)));
    }

    [Fact]
    public void Only_news_is_worth_a_report()
    {
        Assert.False(_statistics.HasNews);
        Receive([1]);
        Assert.True(_statistics.HasNews);
        _statistics.TakeReport(1, 0);
        Assert.False(_statistics.HasNews);
    }

    private static (uint LastSenderReport, uint Delay) LastReport(ReportBlock block) =>
        (block.LastSenderReport, block.DelaySinceLastSenderReport);

    private void Receive(IEnumerable<int> numbers)
    {
        foreach (int number in numbers)
        {
            _statistics.OnPacket(number, (uint)(number * 960), 48_000, number * 20);
        }
    }
}
