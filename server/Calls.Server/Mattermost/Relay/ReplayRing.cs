namespace Calls.Server.Mattermost.Relay;

/// <summary>The last events sent to a client, by number (mattermost-integration.md 3.3).</summary>
internal sealed class ReplayRing
{
    /// <summary>Same depth as Mattermost's own.</summary>
    public const int Capacity = 128;

    /// <summary>Bytes held at most; larger histories lose their oldest events, whose client then starts afresh.</summary>
    public const int MaxBytes = 8 << 20;

    private readonly byte[][] _frames = new byte[Capacity][];
    private long _next;
    private int _count;
    private long _bytes;

    /// <summary>Stores the event with the given number, which must follow the last one.</summary>
    public void Add(long number, byte[] frame)
    {
        if (_count == Capacity)
        {
            DropOldest();
        }

        _frames[number % Capacity] = frame;
        _next = number + 1;
        _count++;
        _bytes += frame.Length;
        while (_bytes > MaxBytes && _count > 0)
        {
            DropOldest();
        }
    }

    public bool Contains(long number) => number < _next && number >= _next - _count;

    public byte[] this[long number] => _frames[number % Capacity];

    public void Clear()
    {
        Array.Clear(_frames);
        (_count, _bytes, _next) = (0, 0, 0);
    }

    private void DropOldest()
    {
        long oldest = _next - _count;
        _bytes -= _frames[oldest % Capacity].Length;
        _frames[oldest % Capacity] = [];
        _count--;
    }
}
