namespace Calls.Server.Signaling;

internal enum EnqueueResult
{
    Queued,

    /// <summary>Too much is waiting.</summary>
    Full,

    /// <summary>The queue is closed for good; its owner has been replaced or will be.</summary>
    Retired,
}
