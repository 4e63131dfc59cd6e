using Calls.Rtc.Rtcp;

namespace Calls.Rtc.Tests.Rtcp;

public sealed class NackGeneratorTests
{
    private const long RoundTripMs = 50;

    private readonly NackGenerator _generator = new();
    private readonly ushort[] _numbers = new ushort[NackGenerator.MaxMissing];

    [Fact]
    public void A_gap_is_asked_for_after_20_ms_and_then_every_round_trip()
    {
        Arrive(0, 10, 13);

        Assert.Equal(20, _generator.NextDueMs);
        Assert.Empty(Due(19));
        Assert.Equal([11, 12], Due(20));
        Assert.Empty(Due(69));
        Assert.Equal([11, 12], Due(70));
        Assert.Equal(120, _generator.NextDueMs);
    }

    [Fact]
    public void A_short_round_trip_does_not_make_requests_more_frequent_than_40_ms()
    {
        Arrive(0, 10, 12);
        Assert.Equal([11], Due(20, roundTripMs: 1));
        Assert.Empty(Due(59, roundTripMs: 1));
        Assert.Equal([11], Due(60, roundTripMs: 1));
    }

    [Fact]
    public void A_packet_that_was_only_reordered_is_never_asked_for()
    {
        Arrive(0, 10, 12);
        Arrive(15, 11);

        Assert.Equal(long.MaxValue, _generator.NextDueMs);
        Assert.Empty(Due(100));
    }

    [Fact]
    public void A_packet_is_given_up_after_ten_requests()
    {
        Arrive(0, 10, 12);
        int requests = 0;
        for (long nowMs = 0; nowMs < 900; nowMs += 10)
        {
            requests += Due(nowMs, roundTripMs: 40).Length;
        }

        Assert.Equal(10, requests);
        Assert.Equal((0, 1), (_generator.Count, (int)_generator.GivenUp));
        Assert.True(_generator.TakeHasGivenUp());
        Assert.False(_generator.TakeHasGivenUp());
    }

    [Fact]
    public void A_packet_is_given_up_after_a_second_however_long_the_round_trip_is()
    {
        Arrive(0, 10, 12);
        Assert.Equal([11], Due(20, roundTripMs: 600));
        Assert.Equal([11], Due(620, roundTripMs: 600));
        Assert.Empty(Due(1220, roundTripMs: 600));

        Assert.Equal(0, _generator.Count);
        Assert.True(_generator.TakeHasGivenUp());
    }

    [Fact]
    public void A_repair_is_told_apart_from_a_late_packet_and_times_the_round_trip()
    {
        Arrive(0, 10, 12, 14);
        Assert.Equal((0, 0), (_generator.OnPacket(11, 5, out long late), late));
        Due(20);

        Assert.Equal((1, 55), (_generator.OnPacket(13, 75, out long repairMs), repairMs));
        Assert.Equal(0, _generator.OnPacket(13, 80, out _));
    }

    [Fact]
    public void A_repair_that_was_asked_for_twice_says_so_and_counts_from_the_first_request()
    {
        Arrive(0, 10, 12);
        Due(20);
        Due(70);

        Assert.Equal((2, 60), (_generator.OnPacket(11, 80, out long repairMs), repairMs));
    }

    [Fact]
    public void More_missing_packets_than_the_list_holds_are_given_up_at_once()
    {
        Arrive(0, 0, NackGenerator.MaxMissing);
        Assert.Equal(NackGenerator.MaxMissing - 1, _generator.Count);
        Arrive(1, NackGenerator.MaxMissing + 3);

        Assert.Equal(0, _generator.Count);
        Assert.Equal(NackGenerator.MaxMissing + 1, _generator.GivenUp);
        Assert.True(_generator.TakeHasGivenUp());
        Assert.Empty(Due(100));
        Arrive(110, NackGenerator.MaxMissing + 5);
        Assert.Equal([NackGenerator.MaxMissing + 4], Due(130));
    }

    [Fact]
    public void What_does_not_fit_into_one_request_stays_due()
    {
        Arrive(0, 0, 11);
        var first = new ushort[4];
        Assert.Equal(4, _generator.TakeDue(20, RoundTripMs, first));
        Assert.Equal(20, _generator.NextDueMs);
        Assert.Equal([5, 6, 7, 8, 9, 10], Due(20));
    }

    [Fact]
    public void Before_a_key_frame_nothing_is_needed()
    {
        Arrive(0, 0, 3, 5);
        _generator.ForgetBefore(3);

        Assert.Equal([4], Due(20));
        Assert.Equal(0, _generator.GivenUp);
    }

    [Fact]
    public void A_reset_forgets_the_gap_up_to_the_next_packet()
    {
        Arrive(0, 0, 3);
        _generator.Reset();
        Arrive(10, 40, 41);

        Assert.Empty(Due(100));
        Assert.False(_generator.TakeHasGivenUp());
    }

    [Fact]
    public void Numbers_are_asked_for_across_the_wrap()
    {
        Arrive(0, 65_534, 65_538);
        Assert.Equal([65_535, 0, 1], Due(20));
    }

    [Fact]
    public void Whatever_arrives_the_list_stays_bounded_and_ascending()
    {
        const int Seed = 7;
        var random = new Random(Seed);
        long index = 1000;
        for (int i = 0; i < 20_000; i++)
        {
            index += random.Next(100) == 0 ? random.Next(-700, 700) : random.Next(-3, 5);
            _generator.OnPacket(index, i, out _);
            ushort[] due = Due(i, random.Next(200));
            Assert.True(_generator.Count <= NackGenerator.MaxMissing, $"seed {Seed}");
            Assert.True(due.Length <= 1 || due.Zip(due.Skip(1)).All(pair => (short)(pair.Second - pair.First) > 0), $"seed {Seed}");
        }
    }

    [Fact]
    public void Asking_allocates_nothing()
    {
        long Run(long start)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (long i = start; i < start + 5000; i++)
            {
                _generator.OnPacket(i * 2, i, out _);
                _generator.OnPacket((i * 2) - 41, i, out _);
                _generator.TakeDue(i, RoundTripMs, _numbers);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Run(0);
        Assert.Equal(0, Run(5000));
    }

    private void Arrive(long nowMs, params long[] indices)
    {
        foreach (long index in indices)
        {
            _generator.OnPacket(index, nowMs, out _);
        }
    }

    private ushort[] Due(long nowMs, long roundTripMs = RoundTripMs) => _numbers[.._generator.TakeDue(nowMs, roundTripMs, _numbers)];
}
