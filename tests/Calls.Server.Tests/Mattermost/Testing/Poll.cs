using System.Diagnostics;

namespace Calls.Server.Tests.Mattermost.Testing;

/// <summary>Waits for a state that nothing announces.</summary>
internal static class Poll
{
    public static async Task UntilAsync(Func<bool> holds)
    {
        var elapsed = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(elapsed.Elapsed < Limits.Test, "What was waited for did not happen.");
            await Task.Yield();
        }
    }
}
