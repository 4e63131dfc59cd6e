namespace Calls.Domain.Sessions;

/// <summary>Why a session was not bound to another connection (signaling.md 3.4).</summary>
public enum ReconnectRefusal
{
    Forbidden,
    NoCallOngoing,
    SessionNotFound,

    /// <summary>The connection carries another session already.</summary>
    AlreadyReconnected,
}
