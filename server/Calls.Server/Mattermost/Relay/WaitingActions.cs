namespace Calls.Server.Mattermost.Relay;

/// <summary>Calls actions that arrived before their user was known (mattermost-integration.md 3.4).</summary>
internal sealed class WaitingActions
{
    public const int MaxCount = 32;
    public const int MaxBytes = 64 * 1024;

    private readonly Queue<ClientFrame> _frames = new();
    private int _bytes;

    /// <summary>Keeps an action; <c>false</c> when there are too many, which ends the socket.</summary>
    public bool TryAdd(ClientFrame frame, int bytes)
    {
        if (_frames.Count == MaxCount || _bytes + bytes > MaxBytes)
        {
            return false;
        }

        _frames.Enqueue(frame);
        _bytes += bytes;
        return true;
    }

    public bool TryTake(out ClientFrame frame)
    {
        if (!_frames.TryDequeue(out frame))
        {
            _bytes = 0;
            return false;
        }

        return true;
    }

    public void Clear()
    {
        _frames.Clear();
        _bytes = 0;
    }
}
