using Calls.Domain.Ports;

namespace Calls.Domain.Tests;

public sealed class ChannelLocksTests
{
    private static readonly ChannelId Channel = new("channel");

    private readonly ManualTime _time = new();

    [Theory]
    [InlineData(5)]
    [InlineData(10)]
    public async Task Who_waits_too_long_is_told_so_and_those_behind_are_served(int seconds)
    {
        ChannelLocks locks = new(_time);
        IDisposable held = await locks.AcquireAsync(Channel, TimeSpan.FromSeconds(1), default);
        Task<IDisposable> impatient = locks.AcquireAsync(Channel, TimeSpan.FromSeconds(seconds), default);
        Task<IDisposable> patient = locks.AcquireAsync(Channel, TimeSpan.FromSeconds(60), default);

        _time.Advance(TimeSpan.FromSeconds(seconds - 0.1));
        Assert.False(impatient.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        await Assert.ThrowsAsync<CallLockException>(() => impatient);

        held.Dispose();
        held.Dispose();
        (await patient).Dispose();
    }

    [Fact]
    public async Task Channels_do_not_wait_for_each_other()
    {
        ChannelLocks locks = new(_time);
        using IDisposable one = await locks.AcquireAsync(Channel, TimeSpan.FromSeconds(1), default);

        using IDisposable other = await locks.AcquireAsync(new ChannelId("other"), TimeSpan.Zero, default);
    }

    [Fact]
    public async Task One_at_a_time_holds_it()
    {
        ChannelLocks locks = new(_time);
        int inside = 0;
        int most = 0;
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            using IDisposable held = await locks.AcquireAsync(Channel, TimeSpan.FromSeconds(60), default);
            most = Math.Max(most, ++inside);
            await Task.Yield();
            inside--;
        }));

        Assert.Equal(1, most);
    }
}
