using Calls.Rtc.Rtcp;

namespace Calls.Rtc.Tests.Rtcp;

public sealed class TransportCcFeedbackTests
{
    private readonly byte[] _buffer = new byte[1200];
    private int _covered;

    [Theory]
    [InlineData("afcd0006824cda6acbc0474900060005000016012005a34d524f5001", 6, 22, 1, new[] { 163, 240, 322, 401, 481 })]
    [InlineData("8fcd0006824cda6acbc04749000b00060000180220063250504d524f", 11, 24, 2, new[] { 50, 130, 210, 287, 369, 448 })]
    public void Recorded_feedback_is_read_and_written_alike(string hex, int baseSequence, int reference, int count, int[] offsets)
    {
        TransportCcFeedback feedback = Parse(Convert.FromHexString(hex));

        Assert.Equal((0x824C_DA6Au, 0xCBC0_4749u), (feedback.SenderSsrc, feedback.MediaSsrc));
        Assert.Equal((baseSequence, reference, count), (feedback.BaseSequenceNumber, feedback.ReferenceTime, feedback.FeedbackCount));
        long?[] arrivals = [.. offsets.Select(offset => (long?)((reference * 256) + offset))];
        Assert.Equal(arrivals, Arrivals(feedback));
        Assert.Equal(hex, Write((ushort)baseSequence, (byte)count, arrivals), ignoreCase: true);
    }

    [Fact]
    public void Lost_packets_and_large_steps_use_vectors()
    {
        long?[] arrivals = [1000, null, 1001, 900, null, 1500, 1501, 1502, null];
        string hex = Write(65_534, 7, arrivals);

        TransportCcFeedback feedback = Parse(Convert.FromHexString(hex));
        Assert.Equal(65_534, feedback.BaseSequenceNumber);

        // The last one is not known to be lost: nothing after it has arrived.
        Assert.Equal(arrivals[..8], Arrivals(feedback));
    }

    [Fact]
    public void A_gap_beyond_8_seconds_ends_the_feedback()
    {
        TransportCcFeedbackWriter.Write(
            _buffer, 1, 2, 0, 0, [0, 10, 10 + 32_767, 10 + 32_767 + 32_768], out int covered);

        Assert.Equal(3, covered);
    }

    [Fact]
    public void Nothing_is_written_when_nothing_arrived()
    {
        Assert.Equal(0, TransportCcFeedbackWriter.Write(
            _buffer, 1, 2, 0, 0, [TransportCcFeedbackWriter.NotReceived], out int covered));
        Assert.Equal(0, covered);
    }

    [Fact]
    public void Chunks_that_claim_more_than_there_is_are_refused()
    {
        // A run of 8191 received packets, with one delta.
        Assert.False(TryParse(Convert.FromHexString("8fcd0005824cda6acbc0474900061FFF000016013FFF0500")));

        // 100 statuses, with chunks for 14.
        Assert.False(TryParse(Convert.FromHexString("8fcd0004824cda6acbc047490006000E00001601").Concat(new byte[] { 0 }).ToArray()));
        Assert.False(TryParse(Convert.FromHexString("8fcd0005824cda6acbc0474900060064000016018000" + "8000")));

        // Runs of length 0 never end a count; the packet does.
        Assert.False(TryParse(Convert.FromHexString("8fcd0005824cda6acbc047490006000100001601" + "00002000")));
    }

    [Fact]
    public void Whatever_arrives_is_read_as_written()
    {
        const int Seed = 20_260_103;
        var random = new Random(Seed);
        for (int i = 0; i < 500; i++)
        {
            int count = random.Next(1, TransportCcFeedbackWriter.MaxStatuses + 1);
            int lossPercent = random.Next(101);
            int spread = random.Next(1, 2000);
            long now = random.NextInt64(-1_000_000, 1_000_000_000);
            var arrivals = new long?[count];
            for (int j = 0; j < count; j++)
            {
                now += random.Next(spread);
                arrivals[j] = random.Next(100) < lossPercent ? null : now - random.Next(spread);
            }

            if (arrivals.All(arrival => arrival is null))
            {
                continue;
            }

            string hex = Write((ushort)random.Next(65_536), (byte)i, arrivals);
            long?[] read = Arrivals(Parse(Convert.FromHexString(hex)));
            long period = 1L << 32; // of the 24-bit reference time
            Assert.Equal(_covered, read.Length);
            Assert.True(
                arrivals[.._covered].Select(arrival => arrival & (period - 1)).SequenceEqual(read.Select(arrival => arrival & (period - 1))),
                $"seed {Seed}, case {i}");
        }
    }

    private static bool TryParse(byte[] packet)
    {
        var reader = new RtcpReader(packet);
        return reader.MoveNext() && TransportCcFeedback.TryParse(reader.Current, out _);
    }

    private static TransportCcFeedback Parse(byte[] packet)
    {
        var reader = new RtcpReader(packet);
        Assert.True(reader.MoveNext());
        Assert.True(TransportCcFeedback.TryParse(reader.Current, out TransportCcFeedback feedback));
        return feedback;
    }

    private static long?[] Arrivals(TransportCcFeedback feedback)
    {
        var arrivals = new List<long?>();
        ushort expected = feedback.BaseSequenceNumber;
        TransportCcStatusReader statuses = feedback.Statuses;
        while (statuses.MoveNext())
        {
            Assert.Equal(expected++, statuses.SequenceNumber);
            arrivals.Add(statuses.IsReceived ? statuses.ArrivalTicks : null);
        }

        Assert.False(statuses.IsMalformed);
        return [.. arrivals];
    }

    private string Write(ushort baseSequence, byte count, long?[] arrivals)
    {
        long[] ticks = [.. arrivals.Select(arrival => arrival ?? TransportCcFeedbackWriter.NotReceived)];
        Array.Fill(_buffer, (byte)0xEE);
        int length = TransportCcFeedbackWriter.Write(_buffer, 0x824C_DA6A, 0xCBC0_4749, baseSequence, count, ticks, out _covered);
        Assert.InRange(length, 1, TransportCcFeedbackWriter.MaxLength(ticks.Length));
        return Convert.ToHexString(_buffer.AsSpan(0, length));
    }
}
