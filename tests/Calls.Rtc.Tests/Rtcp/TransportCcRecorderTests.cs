using Calls.Rtc.Rtcp;

namespace Calls.Rtc.Tests.Rtcp;

public sealed class TransportCcRecorderTests
{
    private readonly TransportCcRecorder _recorder = new();
    private readonly byte[] _buffer = new byte[1200];

    [Fact]
    public void Each_report_continues_the_one_before()
    {
        _recorder.OnPacket(65_535, 100);
        _recorder.OnPacket(1, 120);
        Assert.Equal([(65_535, 100L), (0, -1L), (1, 120L)], Feedback());

        _recorder.OnPacket(2, 140);
        Assert.Equal([(2, 140L)], Feedback());
        Assert.Empty(Feedback());
    }

    [Fact]
    public void A_late_packet_is_reported_with_what_followed_it()
    {
        _recorder.OnPacket(10, 100);
        _recorder.OnPacket(12, 110);
        Feedback();

        _recorder.OnPacket(11, 130);
        Assert.Equal([(11, 130L), (12, 110L)], Feedback());
    }

    [Fact]
    public void Repeated_numbers_keep_their_first_time()
    {
        _recorder.OnPacket(10, 100);
        _recorder.OnPacket(10, 150);

        Assert.Equal([(10, 100L)], Feedback());
    }

    [Fact]
    public void No_more_than_the_capacity_is_remembered()
    {
        for (int i = 0; i < 3 * TransportCcRecorder.Capacity; i++)
        {
            _recorder.OnPacket((ushort)i, i);
        }

        List<(int Sequence, long ArrivalMs)> feedback = Feedback();
        Assert.Equal(TransportCcRecorder.Capacity, feedback.Count);
        Assert.Equal(2 * TransportCcRecorder.Capacity, feedback[0].Sequence);
        Assert.Empty(Feedback());
    }

    [Fact]
    public void A_jump_of_the_numbers_starts_over()
    {
        _recorder.OnPacket(10, 100);
        _recorder.OnPacket(20_000, 110);

        List<(int Sequence, long ArrivalMs)> feedback = Feedback();
        Assert.Equal((20_000, 110L), feedback[^1]);
        Assert.Equal(TransportCcRecorder.Capacity, feedback.Count);

        // Too old to be told from one of the next round.
        _recorder.OnPacket(11, 120);
        Assert.Empty(Feedback());
    }

    private List<(int Sequence, long ArrivalMs)> Feedback()
    {
        var result = new List<(int, long)>();
        int length = _recorder.WriteFeedback(_buffer, 1, 2);
        if (length == 0)
        {
            return result;
        }

        var reader = new RtcpReader(_buffer.AsSpan(0, length));
        Assert.True(reader.MoveNext());
        Assert.True(TransportCcFeedback.TryParse(reader.Current, out TransportCcFeedback feedback));
        TransportCcStatusReader statuses = feedback.Statuses;
        while (statuses.MoveNext())
        {
            result.Add((statuses.SequenceNumber, statuses.IsReceived ? statuses.ArrivalTicks / 4 : -1));
        }

        return result;
    }
}
