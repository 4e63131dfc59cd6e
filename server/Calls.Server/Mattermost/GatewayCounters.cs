namespace Calls.Server.Mattermost;

/// <summary>What the gateway counts, for metrics. Incremented from any thread.</summary>
public sealed class GatewayCounters
{
    private long _slowParses;
    private long _brokenStreams;
    private long _overflows;
    private long _dropped;
    private long _unverified;
    private long _refusedUpgrades;
    private long _unansweredTokens;
    private long _withoutConnection;

    /// <summary>Events whose envelope was not written as expected (mattermost-integration.md 6.5).</summary>
    public long SlowParses => Interlocked.Read(ref _slowParses);

    /// <summary>Connections ended because an event of Mattermost was missing.</summary>
    public long BrokenStreams => Interlocked.Read(ref _brokenStreams);

    /// <summary>Records dropped because too many events waited.</summary>
    public long Overflows => Interlocked.Read(ref _overflows);

    /// <summary>Droppable events left out on slow sockets.</summary>
    public long DroppedEvents => Interlocked.Read(ref _dropped);

    /// <summary>Events not delivered because membership of the channel could not be checked (mattermost-integration.md 9.8).</summary>
    public long UnverifiedEvents => Interlocked.Read(ref _unverified);

    /// <summary>Upgrades refused before dialling: origin, or too many from one address.</summary>
    public long RefusedUpgrades => Interlocked.Read(ref _refusedUpgrades);

    /// <summary>Token checks Mattermost gave no definite answer to.</summary>
    public long UnansweredTokens => Interlocked.Read(ref _unansweredTokens);

    /// <summary>
    /// REST requests of users without a connection here: their clients reach Mattermost past the gateway and get no events of Calls
    /// (mattermost-integration.md 3.18). A few are normal, from clients that have not opened their socket yet.
    /// </summary>
    public long RequestsWithoutConnection => Interlocked.Read(ref _withoutConnection);

    internal void AddWithoutConnection() => Interlocked.Increment(ref _withoutConnection);

    internal void AddSlowParse() => Interlocked.Increment(ref _slowParses);

    internal void AddBrokenStream() => Interlocked.Increment(ref _brokenStreams);

    internal void AddOverflow() => Interlocked.Increment(ref _overflows);

    internal void AddDropped() => Interlocked.Increment(ref _dropped);

    internal void AddUnverified() => Interlocked.Increment(ref _unverified);

    internal void AddRefusedUpgrade() => Interlocked.Increment(ref _refusedUpgrades);

    internal void AddUnansweredToken() => Interlocked.Increment(ref _unansweredTokens);
}
