namespace Calls.Server.Mattermost.Rest;

/// <summary>Keeps our requests below what Mattermost takes, serving the important ones first (mattermost-integration.md 7.7). Thread-safe.</summary>
internal sealed class RequestBudget : IDisposable
{
    public const int MaxConcurrent = 32;
    public const int MaxWaiting = 2000;

    /// <summary>How much later a request may come than one of the next lower priority and still go before it.</summary>
    public static readonly TimeSpan Precedence = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    // By what each would have to wait for at most: the less important do not wait for ever while a thousand join.
    private readonly PriorityQueue<TaskCompletionSource, (long Due, long Order)> _waiting = new();
    private readonly double _perSecond;
    private readonly double _burst;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private double _tokens;
    private long _refilledAt;
    private long _order;
    private int _running;

    public RequestBudget(int perSecond, int burst, TimeProvider time)
    {
        (_perSecond, _burst, _tokens, _time) = (perSecond, burst, burst, time);
        _refilledAt = time.GetTimestamp();
        _timer = time.CreateTimer(static state => ((RequestBudget)state!).Serve(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Waits for a turn; each one taken is given back with <see cref="Leave"/>.</summary>
    /// <returns><c>false</c> when too many wait already.</returns>
    public async ValueTask<bool> TryEnterAsync(RestPriority priority)
    {
        TaskCompletionSource turn;
        lock (_gate)
        {
            if (_waiting.Count == 0 && TryTake())
            {
                return true;
            }

            if (_waiting.Count >= MaxWaiting)
            {
                return false;
            }

            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            long due = _time.GetTimestamp() + (long)(Precedence.TotalSeconds * (int)priority * _time.TimestampFrequency);
            _waiting.Enqueue(turn, (due, _order++));
            ArmTimer();
        }

        await turn.Task;
        return true;
    }

    public void Leave()
    {
        lock (_gate)
        {
            _running--;
        }

        Serve();
    }

    public void Dispose() => _timer.Dispose();

    private void Serve()
    {
        lock (_gate)
        {
            while (_waiting.Count > 0 && TryTake())
            {
                _waiting.Dequeue().SetResult();
            }

            if (_waiting.Count > 0)
            {
                ArmTimer();
            }
        }
    }

    private bool TryTake()
    {
        long now = _time.GetTimestamp();
        _tokens = Math.Min(_burst, _tokens + (_time.GetElapsedTime(_refilledAt, now).TotalSeconds * _perSecond));
        _refilledAt = now;
        if (_running >= MaxConcurrent || _tokens < 1)
        {
            return false;
        }

        _tokens--;
        _running++;
        return true;
    }

    private void ArmTimer() => _timer.Change(TimeSpan.FromSeconds(1 / _perSecond), Timeout.InfiniteTimeSpan);
}
