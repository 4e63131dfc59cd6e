namespace Calls.Rtc.Transport;

/// <summary>What <see cref="IStreamListener.TryAccept"/> found.</summary>
internal enum AcceptResult
{
    /// <summary>No connection waits.</summary>
    None,

    Accepted,

    /// <summary>One waited, and was gone before it was taken.</summary>
    Gone,

    /// <summary>The process or the system has no room for one more: out of descriptors or memory.</summary>
    Exhausted,
}
