namespace Calls.Server.Mattermost.Relay;

/// <summary>Learns from Mattermost's own events while they pass (mattermost-integration.md 3.13).</summary>
internal interface IEventObserver
{
    /// <summary>Called in order for each event of a connection, before it is sent. Returns at once and never throws.</summary>
    void Observe(ReadOnlySpan<byte> name, ReadOnlySpan<byte> frame);
}
