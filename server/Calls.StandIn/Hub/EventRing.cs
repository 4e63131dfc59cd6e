namespace Calls.StandIn.Hub;

/// <summary>The last 128 events written to a connection with their numbers; survives the socket (signaling.md 1.12).</summary>
internal sealed class EventRing
{
    public const int Capacity = 128;

    private readonly (long Seq, WebSocketEvent Event)[] _entries = new (long, WebSocketEvent)[Capacity];
    private int _next;
    private int _count;

    public void Add(long seq, WebSocketEvent written)
    {
        _entries[_next] = (seq, written);
        _next = (_next + 1) % Capacity;
        _count = Math.Min(_count + 1, Capacity);
    }

    public void Clear()
    {
        Array.Clear(_entries);
        (_next, _count) = (0, 0);
    }

    public bool Contains(long seq) => Ordered().Any(e => e.Seq == seq);

    /// <summary>Whether continuing with <paramref name="seq"/> would skip events. An empty ring has lost nothing.</summary>
    public bool HasLoss(long seq) => _count > 0 && _entries[(_next + Capacity - 1) % Capacity].Seq != seq - 1;

    public IReadOnlyList<(long Seq, WebSocketEvent Event)> From(long seq) => [.. Ordered().SkipWhile(e => e.Seq != seq)];

    private IEnumerable<(long Seq, WebSocketEvent Event)> Ordered()
    {
        int start = (_next + Capacity - _count) % Capacity;
        for (int i = 0; i < _count; i++)
        {
            yield return _entries[(start + i) % Capacity];
        }
    }
}
