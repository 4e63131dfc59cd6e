using Calls.Domain;

namespace Calls.Server.Signaling;

/// <summary>What this process keeps of a connection that sent Calls messages.</summary>
/// <remarks>
/// Joining, reconnecting, leaving and losing the socket run on one queue, in-call messages on another that starts anew with
/// each session and reconnect (signaling.md 6.2, 6.6).
/// </remarks>
internal sealed class ClientConnection(BackgroundTasks background, TimeProvider time)
{
    private const int QueueLength = 100;
    private const double MessagesPerSecond = 10;
    private const int MessageBurst = 100;

    /// <summary>Joins, leaves and what else changes who the connection is.</summary>
    public SerialQueue Lifecycle { get; } = new(background, QueueLength);

    public SerialQueue InCall { get; private set; } = new(background, QueueLength);

    public TokenBucket Limiter { get; private set; } = new(MessagesPerSecond, MessageBurst, time);

    /// <summary>A session begins, or was bound to this connection.</summary>
    public void Renew()
    {
        InCall = new SerialQueue(background, QueueLength);
        Limiter = new TokenBucket(MessagesPerSecond, MessageBurst, time);
    }
}
