namespace Calls.Server.Rtcd.Authentication;

/// <summary>
/// How often keys are hashed: 12 times per core and second in the whole process, because a hash costs some 50 ms (rtcd.md 3). Who would
/// wait longer than 10 s is refused at once.
/// </summary>
internal sealed class HashLimiter(TimeProvider time, int cores)
{
    private const int PerCoreAndSecond = 12;

    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly TimeSpan _interval = TimeSpan.FromSeconds(1.0 / (PerCoreAndSecond * cores));
    private DateTimeOffset _next = DateTimeOffset.MinValue;

    /// <summary>Waits for a turn.</summary>
    /// <returns><c>false</c>: too many are waiting.</returns>
    public async Task<bool> TryWaitAsync(CancellationToken cancellation)
    {
        TimeSpan wait;
        lock (_gate)
        {
            DateTimeOffset now = time.GetUtcNow();
            DateTimeOffset turn = _next > now ? _next : now;
            wait = turn - now;
            if (wait > MaxWait)
            {
                return false;
            }

            _next = turn + _interval;
        }

        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, time, cancellation);
        }

        return true;
    }
}
