using Calls.Rtc.Sfu;

namespace Calls.Rtc.Tests.Sfu;

public sealed class VoiceActivityDetectorTests
{
    private readonly VoiceActivityDetector _detector = new();
    private long _nowMs = 1000;

    [Fact]
    [Trait("Spec", "media-102")]
    public void One_loud_level_after_a_steady_second_is_voice_and_a_lesser_one_is_not()
    {
        Assert.Empty(Push(100, 50));
        Assert.Equal([true], Push(20, 1));
        Assert.Equal((98, 11), (_detector.Average, _detector.Deviation));
        Assert.Empty(Push(100, 30));

        var other = new VoiceActivityDetector();
        for (int i = 0; i < 50; i++)
        {
            Assert.False(other.Push(100, i * 20));
        }

        Assert.False(other.Push(60, 1000));
        Assert.Equal(6, other.Deviation);
        Assert.False(other.IsSpeaking);
    }

    [Fact]
    [Trait("Spec", "media-103")]
    public void A_constant_level_is_never_voice()
    {
        Assert.Empty(Push(20, 500));
        Assert.False(_detector.IsSpeaking);
    }

    [Fact]
    [Trait("Spec", "media-104")]
    public void Voice_lasts_at_least_two_seconds()
    {
        Push(100, 50);
        Assert.Equal([true], Push(20, 1));
        long activatedMs = _nowMs - 20;
        Push(20, 24); // half a second of speech

        long? endedMs = null;
        for (int i = 0; i < 200 && endedMs is null; i++)
        {
            if (Push(127, 1) is [false])
            {
                endedMs = _nowMs - 20;
            }
            else if (_nowMs - 20 < activatedMs + 2000)
            {
                Assert.True(_detector.IsSpeaking);
            }
        }

        Assert.Equal(activatedMs + 2000, endedMs);
    }

    [Fact]
    public void The_level_that_fills_the_window_is_not_evaluated()
    {
        Push(100, 49);
        Assert.Empty(Push(20, 1));
        Assert.Equal([true], Push(100, 1));
    }

    [Fact]
    public void Mean_and_deviation_are_rounded_to_integers()
    {
        Push(60, 1);
        Push(127, 48);
        Push(60, 2);

        // The window holds 48 levels of 127 and two of 60.
        Assert.Equal((124, 13), (_detector.Average, _detector.Deviation));

        var small = new VoiceActivityDetector(10);
        for (int i = 0; i < 11; i++)
        {
            small.Push((byte)(i % 2 == 0 ? 55 : 45), 0);
        }

        Assert.Equal((50, 5), (small.Average, small.Deviation));
    }

    [Fact]
    public void The_running_sums_agree_with_a_plain_computation()
    {
        const int Seed = 20_260_104;
        var random = new Random(Seed);
        var levels = new List<byte>();
        for (int i = 0; i < 5000; i++)
        {
            byte level = (byte)random.Next(128);
            levels.Add(level);
            _detector.Push(level, i * 20);
            if (levels.Count <= 50)
            {
                continue;
            }

            byte[] window = [.. levels.TakeLast(50)];
            double average = Math.Round(window.Average(value => (double)value), MidpointRounding.AwayFromZero);
            double deviation = Math.Sqrt(window.Sum(value => (value - average) * (value - average)) / 49);
            Assert.True(
                _detector.Average == average && _detector.Deviation == Math.Round(deviation, MidpointRounding.AwayFromZero),
                $"seed {Seed}, level {i}");
        }
    }

    [Fact]
    public void A_reset_empties_the_window()
    {
        Push(100, 50);
        Push(20, 1);
        _detector.Reset();

        Assert.False(_detector.IsSpeaking);
        Assert.Empty(Push(100, 49));
        Assert.Empty(Push(20, 1));
    }

    // Returns the changes.
    private List<bool> Push(byte level, int times)
    {
        var changes = new List<bool>();
        for (int i = 0; i < times; i++, _nowMs += 20)
        {
            if (_detector.Push(level, _nowMs))
            {
                changes.Add(_detector.IsSpeaking);
            }
        }

        return changes;
    }
}
