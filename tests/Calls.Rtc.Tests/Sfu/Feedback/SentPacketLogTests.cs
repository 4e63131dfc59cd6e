using Calls.Rtc.Sfu.Feedback;

namespace Calls.Rtc.Tests.Sfu.Feedback;

public sealed class SentPacketLogTests
{
    private readonly SentPacketLog _log = new();

    [Theory]
    [InlineData(0, 1, 0, 0)]
    [InlineData(1, 1200, 65_535, 5_000_000_000)]
    [InlineData(2, 2047, 4096, 4_294_967_295)]
    [InlineData(3, 300, 1, 4_294_967_296)]
    public void What_was_sent_comes_back_with_the_report(int kindNumber, int size, int number, long sentMs)
    {
        var kind = (SentPacketKind)kindNumber;
        _log.Add((ushort)number, size, kind, sentMs);

        Assert.True(_log.TryTake((ushort)number, isReceived: true, arrivalTicks: 77, sentMs + 300, out PacketFeedback feedback));
        Assert.Equal(new((ushort)number, sentMs, size, kind, IsReceived: true, 77), feedback);
    }

    [Fact]
    public void A_packet_is_told_once_as_lost_and_then_once_as_received()
    {
        _log.Add(7, 100, SentPacketKind.Video, 1000);

        Assert.True(_log.TryTake(7, isReceived: false, 0, 1100, out PacketFeedback lost));
        Assert.Equal((false, 0), (lost.IsReceived, lost.ArrivalTicks));
        Assert.False(_log.TryTake(7, isReceived: false, 0, 1200, out _));
        Assert.True(_log.TryTake(7, isReceived: true, 9, 1300, out PacketFeedback late));
        Assert.Equal((true, 1000, 100), (late.IsReceived, late.SentMs, late.SizeBytes));
        Assert.False(_log.TryTake(7, isReceived: true, 9, 1400, out _));
        Assert.False(_log.TryTake(7, isReceived: false, 0, 1400, out _));
    }

    [Fact]
    public void Packets_that_were_never_sent_or_are_forgotten_are_not_told()
    {
        for (int i = 0; i <= SentPacketLog.Capacity; i++)
        {
            _log.Add((ushort)i, 100, SentPacketKind.Video, i);
        }

        Assert.False(_log.TryTake(0, isReceived: true, 0, 5000, out _));
        Assert.False(_log.TryTake(SentPacketLog.Capacity + 1, isReceived: true, 0, 5000, out _));
        Assert.True(_log.TryTake(1, isReceived: true, 0, 5000, out _));
    }

    [Fact]
    public void A_loop_whose_clock_is_a_turn_ahead_does_not_confuse_the_time()
    {
        _log.Add(1, 100, SentPacketKind.Audio, 2003);

        Assert.True(_log.TryTake(1, isReceived: true, 0, 2000, out PacketFeedback feedback));
        Assert.Equal(2003, feedback.SentMs);
    }
}
