namespace Calls.Rtc.Transport;

/// <summary>Where packets to one peer go: its address, and the local socket that they leave from.</summary>
/// <remarks>Immutable after construction, so any loop may send to it; a peer that moves gets a new one.</remarks>
public abstract class TransportPath
{
    /// <summary>The peer's address as seen by us.</summary>
    public abstract TransportAddress Remote { get; }

    /// <summary>Which of the server's addresses the peer uses: an index into its local addresses, most preferred first.</summary>
    public virtual int LocalIndex => 0;

    /// <summary>The loop that receives from the peer; <c>null</c> for paths without one.</summary>
    public virtual MediaLoop? Loop => null;
}
