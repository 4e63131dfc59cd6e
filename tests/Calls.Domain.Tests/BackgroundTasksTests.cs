using Calls.Domain.Ports;

namespace Calls.Domain.Tests;

public sealed class BackgroundTasksTests : ICallLog
{
    private readonly ManualTime _time = new();
    private readonly List<string> _failures = [];

    void ICallLog.Failed(string operation, Exception exception) => _failures.Add($"{operation}: {exception.Message}");

    [Fact]
    public async Task Failures_are_reported_and_end_nothing_else()
    {
        using BackgroundTasks background = new(_time, this);

        background.Run("failing", () => throw new InvalidOperationException("broken"));
        await background.WhenIdleAsync();

        Assert.Equal(["failing: broken"], _failures);
    }

    [Fact]
    public async Task Work_that_met_a_closed_store_is_repeated()
    {
        using BackgroundTasks background = new(_time, this);
        int ran = 0;
        background.Run("storing", () => ++ran < 3 ? throw new CallLockException() : Task.CompletedTask);

        for (int i = 0; i < 5; i++)
        {
            await background.WhenIdleAsync();
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.Equal(3, ran);
        Assert.Equal(2, _failures.Count);
    }

    [Fact]
    public async Task Deadlines_run_once_unless_they_are_called_off()
    {
        using BackgroundTasks background = new(_time, this);
        int ran = 0;
        background.RunAfter(TimeSpan.FromSeconds(1), "counting", () => Task.FromResult(Interlocked.Increment(ref ran)));
        IDisposable off = background.RunAfter(TimeSpan.FromSeconds(1), "counting", () => Task.FromResult(Interlocked.Increment(ref ran)));
        off.Dispose();

        _time.Advance(TimeSpan.FromSeconds(5));
        await background.WhenIdleAsync();

        Assert.Equal(1, ran);
    }

    [Fact]
    public async Task Nothing_starts_after_the_end()
    {
        BackgroundTasks background = new(_time, this);
        int ran = 0;
        background.RunAfter(TimeSpan.FromSeconds(1), "counting", () => Task.FromResult(Interlocked.Increment(ref ran)));

        background.Dispose();
        _time.Advance(TimeSpan.FromSeconds(5));
        await background.WhenIdleAsync();

        Assert.Equal(0, ran);
    }
}
