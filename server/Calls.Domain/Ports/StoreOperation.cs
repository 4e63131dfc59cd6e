namespace Calls.Domain.Ports;

/// <summary>What the store was doing when it failed; the texts that clients see differ by it (signaling.md 3.3).</summary>
public enum StoreOperation
{
    Read,
    CreateCall,
    UpdateCall,
    CreateSession,
    UpdateSession,
    DeleteSession,
    ReadChannel,
    CreateChannel,
    UpdateChannel,
    CreateJob,
    UpdateJob,
    Credentials,
}
