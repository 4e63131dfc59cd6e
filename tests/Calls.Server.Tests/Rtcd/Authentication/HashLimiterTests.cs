using Calls.Server.Rtcd.Authentication;

namespace Calls.Server.Tests.Rtcd.Authentication;

public sealed class HashLimiterTests
{
    [Fact]
    public async Task Twelve_per_core_and_second_go_through_and_who_would_wait_over_10_s_is_refused()
    {
        var time = new ManualTime();
        var limiter = new HashLimiter(time, cores: 2);

        Task<bool>[] asked = [.. Enumerable.Range(0, 300).Select(_ => limiter.TryWaitAsync(CancellationToken.None))];

        // One at once, 240 within 10 s (24 per second), none of the rest.
        Assert.Equal(1, asked.Count(static one => one is { IsCompleted: true, Result: true }));
        Assert.InRange(asked.Count(static one => one is { IsCompleted: true, Result: false }), 58, 59);
        for (int i = 0; i < 100; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(101));
        }

        Assert.True((await Task.WhenAll(asked)).Count(static one => one) is 241 or 242);
    }
}
