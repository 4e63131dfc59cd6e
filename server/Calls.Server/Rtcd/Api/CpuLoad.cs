using System.Globalization;

namespace Calls.Server.Rtcd.Api;

/// <summary>
/// How busy this host is, as rtcd tells it: the inverse of the number of idle cores in the last second (rtcd.md 9). Plugins choose the
/// host with the lowest.
/// </summary>
/// <param name="readStat">Gives <c>/proc/stat</c>.</param>
internal sealed class CpuLoad(TimeProvider time, Func<string> readStat) : IDisposable
{
    /// <summary>No core was idle for any time: JSON has no infinity.</summary>
    public const double Saturated = 1_000_000;

    private const double TicksPerSecond = 100; // USER_HZ of every Linux

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private ITimer? _timer;
    private (long At, double IdleSeconds)? _last;
    private double _value;

    /// <summary>0 until two samples were taken.</summary>
    public double Value
    {
        get
        {
            lock (_gate)
            {
                return _value;
            }
        }
    }

    public void Start() => _timer ??= time.CreateTimer(static load => ((CpuLoad)load!).Sample(), this, Interval, Interval);

    /// <summary>The last value stays.</summary>
    public void Dispose() => _timer?.Dispose();

    /// <summary>Takes one sample.</summary>
    internal void Sample()
    {
        long now = time.GetTimestamp();
        if (!TryReadIdle(readStat(), out double idleSeconds))
        {
            return;
        }

        lock (_gate)
        {
            if (_last is { } last)
            {
                double idle = idleSeconds - last.IdleSeconds;
                _value = idle > 0 ? Math.Min(Saturated, time.GetElapsedTime(last.At, now).TotalSeconds / idle) : Saturated;
            }

            _last = (now, idleSeconds);
        }
    }

    /// <summary>The fourth number of the first line; time waited for disks is not idle.</summary>
    private static bool TryReadIdle(string stat, out double seconds)
    {
        string[] words = stat.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        bool isRead = long.TryParse(words.ElementAtOrDefault(4), CultureInfo.InvariantCulture, out long ticks) && words[0] == "cpu";
        seconds = ticks / TicksPerSecond;
        return isRead;
    }
}
