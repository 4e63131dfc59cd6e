namespace Calls.Server.Commands;

/// <summary>Keeps the lines of a part that starts before there is a log, and passes on those that come later.</summary>
internal sealed class DeferredLog(string category)
{
    // A start says a few dozen lines at most.
    private const int MaxKept = 256;

    private readonly Lock _gate = new();
    private readonly List<string> _kept = [];
    private ILogger? _log;

    public void Write(string line)
    {
        lock (_gate)
        {
            if (_log is not null)
            {
                _log.LogInformation("{Line}", line);
            }
            else if (_kept.Count < MaxKept)
            {
                _kept.Add(line);
            }
        }
    }

    /// <summary>Writes what was kept; from now on every line is written at once.</summary>
    public void WriteTo(ILoggerFactory loggers)
    {
        lock (_gate)
        {
            _log = loggers.CreateLogger(category);
            _kept.ForEach(line => _log.LogInformation("{Line}", line));
            _kept.Clear();
        }
    }
}
