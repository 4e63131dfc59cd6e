using Calls.Rtc.Sfu;

namespace Calls.Rtc.Tests.Sfu;

public sealed class SourceSequenceTests
{
    private SourceSequence _sequence;

    [Fact]
    public void Numbers_are_extended_over_the_wrap()
    {
        Assert.Equal(65_534, Accept(65_534));
        Assert.Equal(65_536, Accept(0));
        Assert.Equal(65_535, Accept(65_535));
        Assert.Equal(65_537, Accept(1));
    }

    [Fact]
    public void A_number_is_accepted_once()
    {
        Accept(10);
        Accept(13);

        Assert.False(_sequence.TryAccept(10, out _));
        Assert.False(_sequence.TryAccept(13, out _));
        Assert.Equal(11, Accept(11));
        Assert.False(_sequence.TryAccept(11, out _));
    }

    [Fact]
    public void Packets_too_late_to_be_told_from_repetitions_are_refused()
    {
        Accept(5000);

        Assert.False(_sequence.TryAccept(5000 - 1024, out _));
        Assert.Equal(5000 - 1023, Accept(5000 - 1023));
    }

    [Fact]
    public void Skipped_packets_leave_no_gap()
    {
        Assert.Equal(10, Compact(10));
        Skip(11);
        Skip(12);
        Assert.Equal(11, Compact(13));
        Skip(14);
        Assert.Equal(12, Compact(15));
    }

    [Fact]
    public void Late_packets_keep_the_number_they_had()
    {
        Assert.Equal(10, Compact(10));
        Skip(12);
        Assert.Equal(12, Compact(13));
        Skip(15);

        Assert.Equal(11, Compact(11)); // before the first skipped one
        Assert.Equal(13, Compact(14)); // between the two
        Assert.Equal(14, Compact(16));
    }

    [Fact]
    public void Whatever_is_lost_late_or_skipped_no_two_packets_share_a_number()
    {
        const int Seed = 20_260_105;
        for (int round = 0; round < 50; round++)
        {
            var random = new Random(Seed + round);
            _sequence = default;
            ushort start = (ushort)random.Next(65_536);

            // Numbers in arrival order: up to 40 or 900 places late, some lost, some twice.
            IEnumerable<int> arrivals = Enumerable.Range(0, 2000)
                .Where(_ => random.Next(20) > 0)
                .SelectMany(number => random.Next(20) == 0 ? [number, number] : new[] { number })
                .OrderBy(number => number + (random.Next(10) == 0 ? random.Next(round % 2 == 0 ? 40 : 900) : 0));
            var used = new HashSet<long>();
            foreach (int number in arrivals)
            {
                if (!_sequence.TryAccept((ushort)(start + number), out long index))
                {
                    continue;
                }

                if (number % 7 == 0)
                {
                    _sequence.Skip(index);
                }
                else
                {
                    Assert.True(used.Add(_sequence.Compact(index)), $"seed {Seed + round}, packet {number}");
                }
            }
        }
    }

    private long Accept(int sequenceNumber)
    {
        Assert.True(_sequence.TryAccept((ushort)sequenceNumber, out long index));
        return index;
    }

    private long Compact(int sequenceNumber) => _sequence.Compact(Accept(sequenceNumber));

    private void Skip(int sequenceNumber) => _sequence.Skip(Accept(sequenceNumber));
}
