namespace Calls.Domain.Sessions;

/// <summary>A session whose socket or media is at this process. Changed under the lock of its channel, read from anywhere.</summary>
public sealed class LocalSession(SessionId id, UserId user, ChannelId channel, CallId call)
{
    private volatile bool _isSocketUp = true;

    public SessionId Id { get; } = id;

    public UserId User { get; } = user;

    public ChannelId Channel { get; } = channel;

    public CallId Call { get; } = call;

    /// <summary>Where events for this session go.</summary>
    public ConnectionId Connection { get; internal set; }

    /// <summary>False during the grace after a lost socket (signaling.md 6.2).</summary>
    public bool IsSocketUp
    {
        get => _isSocketUp;
        internal set => _isSocketUp = value;
    }

    /// <summary>The host's last wish that this session be muted, until its user mutes or unmutes.</summary>
    internal object? MuteRequest { get; set; }

    /// <summary>Number of the binding to <see cref="Connection"/>.</summary>
    internal long Binding { get; set; }

    /// <summary>The running grace, if any.</summary>
    internal IDisposable? Grace { get; set; }
}
