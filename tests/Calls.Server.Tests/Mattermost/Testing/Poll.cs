using System.Diagnostics;

namespace Calls.Server.Tests.Mattermost.Testing;

/// <summary>Waits for a state that nothing announces.</summary>
internal static class Poll
{
    public static Task UntilAsync(Func<bool> holds) => UntilAsync(() => Task.FromResult(holds()));

    public static async Task UntilAsync(Func<Task<bool>> holds)
    {
        var elapsed = Stopwatch.StartNew();
        while (!await holds())
        {
            Assert.True(elapsed.Elapsed < Limits.Test, "What was waited for did not happen.");
            await Task.Yield();
        }
    }
}
