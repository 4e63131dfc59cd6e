namespace Calls.Server.Tests.Mattermost.Testing;

internal static class Limits
{
    /// <summary>How long a test waits for what must come; never waited for in a test that passes.</summary>
    public static readonly TimeSpan Test = TimeSpan.FromSeconds(20);
}
