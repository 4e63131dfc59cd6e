using Calls.Server.Configuration;
using Calls.Server.Mattermost.Rest;

namespace Calls.Server.Mattermost;

/// <summary>
/// Takes up what is saved in Mattermost's System Console while the service runs. Settings that cannot be used change nothing: they
/// are logged and told to the administrators (mattermost-integration.md 5.4).
/// </summary>
internal sealed partial class ConsoleSettings : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SettingsCache _cache;
    private readonly SettingsLoader _loader;
    private readonly CurrentCallsSettings _current;
    private readonly AdministratorNotices _notices;
    private readonly ILogger<ConsoleSettings> _log;
    private readonly CallsSettings _started;
    private readonly TaskCompletionSource<CallsSettings> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<string> _warned = [];
    private string _waiting = "";
    private volatile string? _problem;

    public ConsoleSettings(
        SettingsCache cache, SettingsLoader loader, CurrentCallsSettings current, AdministratorNotices notices, ILogger<ConsoleSettings> log)
    {
        (_cache, _loader, _current, _notices, _log) = (cache, loader, current, notices, log);
        _started = current.Value;
        cache.Changed += Apply;
        if (cache.Current is { } read)
        {
            Apply(read);
        }
    }

    /// <summary>Why the saved settings are not in effect; <c>null</c> if they are. Any thread.</summary>
    public string? Problem => _problem;

    /// <summary>The first settings that were put together with what Mattermost says.</summary>
    public Task<CallsSettings> First => _first.Task;

    public void Dispose() => _cache.Changed -= Apply;

    /// <summary>Logs what was ignored or has no effect, once each.</summary>
    public void Warn(IReadOnlyList<string> warnings)
    {
        lock (_gate)
        {
            foreach (string warning in warnings.Where(_warned.Add))
            {
                LogWarning(warning);
            }
        }
    }

    private void Apply(MattermostSettings read)
    {
        lock (_gate)
        {
            LoadedSettings loaded = _loader.Load(read.Facts);
            Warn(loaded.Warnings);
            if (loaded.Settings is { } settings)
            {
                TakeUp(settings, loaded.Overrides);
            }
            else
            {
                Refuse(string.Join('\n', loaded.Faults));
            }

            _first.TrySetResult(_current.Value);
        }
    }

    private void TakeUp(CallsSettings settings, IReadOnlyDictionary<string, string> overrides)
    {
        if (_problem is not null)
        {
            LogUsable();
            _problem = null;
        }

        _current.Replace(settings, overrides);
        string waiting = string.Join(", ", SettingsLoader.NeedRestart(_started, settings));
        if (waiting != _waiting && waiting.Length > 0)
        {
            LogWaiting(waiting);
        }

        _waiting = waiting;
    }

    private void Refuse(string problem)
    {
        if (_problem == problem)
        {
            return;
        }

        _problem = problem;
        LogRefused(problem);
        _ = _notices.TellAsync(
            $"The settings of Calls that were saved cannot be used; those from before stay in effect.\n\n```\n{problem}\n```", CancellationToken.None);
    }

    [LoggerMessage(EventId = 3021, Level = LogLevel.Warning, Message = "{Warning}")]
    private partial void LogWarning(string warning);

    [LoggerMessage(EventId = 3022, Level = LogLevel.Error, Message = "The settings saved in Mattermost cannot be used; those from before stay in effect: {Problem}")]
    private partial void LogRefused(string problem);

    [LoggerMessage(EventId = 3023, Level = LogLevel.Information, Message = "The settings saved in Mattermost can be used again and are in effect.")]
    private partial void LogUsable();

    [LoggerMessage(EventId = 3024, Level = LogLevel.Warning, Message = "Saved in Mattermost, in effect after the next start of this service: {Settings}.")]
    private partial void LogWaiting(string settings);
}
