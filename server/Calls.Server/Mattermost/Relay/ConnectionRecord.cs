using Calls.Domain;

namespace Calls.Server.Mattermost.Relay;

/// <summary>
/// The two numberings of one Mattermost connection: its own and the one its client sees, which counts our events too
/// (mattermost-integration.md 3.3, 3.5, 3.6).
/// </summary>
/// <remarks>Bytes and numbers only: no socket, no clock. Owned by one <see cref="RelayConnection"/>; not thread-safe.</remarks>
internal sealed class ConnectionRecord(ConnectionId id, UserId user)
{
    /// <summary>Events kept for a client that is away; one more drops the record.</summary>
    public const int MaxPending = 256;

    private readonly ReplayRing _ring = new();

    public ConnectionId Id { get; } = id;

    public UserId User { get; } = user;

    /// <summary>Number of the next event to the client.</summary>
    public long NextDown { get; private set; }

    /// <summary>Number of the last event from Mattermost, -1 before the first.</summary>
    public long LastUp { get; private set; } = -1;

    /// <summary>Events of ours that wait for a client, or for the answer whether its user may see them.</summary>
    public Queue<InjectedEvent> Pending { get; } = new();

    /// <summary>Whether a client that expects <paramref name="next"/> can be continued without loss (case R1).</summary>
    public bool CanResume(long next) => next > 0 && (next == NextDown || _ring.Contains(next));

    /// <summary>Checks the order of an event from Mattermost and, if it is next, gives it its number for the client.</summary>
    /// <param name="frame">The whole frame; only its <c>seq</c> changes.</param>
    /// <param name="numbered">The frame for the client when the result is <see cref="UpstreamOrder.Next"/>.</param>
    public UpstreamOrder Accept(ReadOnlySpan<byte> frame, in UpstreamFrame read, out byte[] numbered)
    {
        numbered = [];
        if (read.Seq <= LastUp)
        {
            return UpstreamOrder.Duplicate;
        }

        if (read.Seq != LastUp + 1)
        {
            return UpstreamOrder.Broken;
        }

        LastUp = read.Seq;
        numbered = UpstreamFrame.Renumber(frame, read, NextDown);
        Keep(numbered);
        return UpstreamOrder.Next;
    }

    /// <summary>Gives an event of ours its number.</summary>
    public byte[] Inject(InjectedEvent injected)
    {
        byte[] frame = injected.ToFrame(NextDown);
        Keep(frame);
        return frame;
    }

    /// <summary>Keeps an event for later; <c>false</c> when too many wait.</summary>
    public bool TryPend(InjectedEvent injected)
    {
        // What a slow socket would lose first is not worth losing the whole record for (mattermost-integration.md 3.10).
        if (injected.IsDroppable && Pending.Count >= MaxPending / 2)
        {
            return true;
        }

        if (Pending.Count >= MaxPending)
        {
            return false;
        }

        Pending.Enqueue(injected);
        return true;
    }

    /// <summary>The frames a client missed, from <paramref name="next"/> on; valid after <see cref="CanResume"/>.</summary>
    public IEnumerable<byte[]> Replay(long next)
    {
        for (long number = next; number < NextDown; number++)
        {
            yield return _ring[number];
        }
    }

    private void Keep(byte[] frame)
    {
        _ring.Add(NextDown, frame);
        NextDown++;
    }
}
