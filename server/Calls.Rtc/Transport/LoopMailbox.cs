namespace Calls.Rtc.Transport;

/// <summary>Messages from other threads to a loop, bounded.</summary>
internal sealed class LoopMailbox(int capacity)
{
    private readonly MpscSequence _sequence = new(capacity);
    private readonly LoopMessage[] _messages = new LoopMessage[capacity];

    /// <summary><c>false</c>: full. Any thread.</summary>
    public bool TryAdd(in LoopMessage message)
    {
        if (!_sequence.TryClaim(out int slot, out long position))
        {
            return false;
        }

        _messages[slot] = message;
        _sequence.Publish(position);
        return true;
    }

    /// <summary>Loop thread only.</summary>
    public bool TryTake(out LoopMessage message)
    {
        message = default;
        if (!_sequence.TryPeek(out int slot))
        {
            return false;
        }

        message = _messages[slot];
        _messages[slot] = default;
        _sequence.Release();
        return true;
    }
}
