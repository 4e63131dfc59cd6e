using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;

namespace Calls.Server.Observability;

/// <summary>Logs to a file, as JSON lines or text. A full queue drops lines: logging never holds the program up.</summary>
internal sealed class FileLogging : ILoggerProvider
{
    private const int MaxQueued = 1_000;

    private readonly Channel<string> _lines = Channel.CreateBounded<string>(new BoundedChannelOptions(MaxQueued) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConcurrentDictionary<string, ILogger> _loggers = new(StringComparer.Ordinal);
    private readonly LogFile _file;
    private readonly LogLevel _level;
    private readonly bool _asJson;
    private readonly TimeProvider _time;
    private readonly Task _writing;

    /// <param name="level">The least severe that is written.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be written.</exception>
    public FileLogging(LogFile file, LogLevel level, bool asJson, TimeProvider time)
    {
        (_file, _level, _asJson, _time) = (file, level, asJson, time);
        file.Open();
        _writing = Task.Run(WriteAllAsync);
    }

    public ILogger CreateLogger(string categoryName) => _loggers.GetOrAdd(categoryName, static (name, owner) => new Target(owner, name), this);

    public void Dispose()
    {
        _lines.Writer.TryComplete();
        _writing.Wait();
        _file.Dispose();
    }

    private async Task WriteAllAsync()
    {
        while (await _lines.Reader.WaitToReadAsync())
        {
            try
            {
                while (_lines.Reader.TryRead(out string? line))
                {
                    _file.WriteLine(line);
                }

                _file.Flush();
            }
            catch (Exception full) when (full is IOException or UnauthorizedAccessException)
            {
                // A full disk costs lines, not the service.
            }
        }
    }

    private void Write(LogLevel level, string category, string text)
    {
        string moment = _time.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss.fff Z", CultureInfo.InvariantCulture);
        string name = level switch { LogLevel.Information => "info", LogLevel.Warning => "warn", LogLevel.Critical => "fatal", _ => level.ToString().ToLowerInvariant() };
        _lines.Writer.TryWrite(_asJson
            ? JsonSerializer.Serialize(new { timestamp = moment, level = name, msg = text, caller = category })
            : $"[{moment}] {name} {text.ReplaceLineEndings(" ")} caller=\"{category}\"");
    }

    private sealed class Target(FileLogging owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= owner._level && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                owner.Write(logLevel, category, exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception}");
            }
        }
    }
}
