using Calls.Rtc;

namespace Calls.Server.Load;

/// <summary>A server under load.</summary>
internal interface ILoadTarget : IAsyncDisposable
{
    /// <summary>Prepares for a run: log-ins, channels, registration.</summary>
    /// <param name="progress">Is told the share that is done.</param>
    /// <exception cref="LoadException">It cannot; the text says why.</exception>
    Task PrepareAsync(LoadOptions options, Action<double> progress, CancellationToken cancellation);

    /// <summary>Joins a user to a call.</summary>
    /// <param name="onSignal">Takes descriptions and candidates as JSON, on any thread.</param>
    /// <exception cref="LoadException">It cannot; the text says why.</exception>
    Task<ILoadSession> JoinAsync(int call, int user, Action<ReadOnlyMemory<byte>> onSignal, CancellationToken cancellation);

    /// <summary>The server's metrics page; <c>null</c> = it has none that we know.</summary>
    Uri? Metrics { get; }
}

/// <summary>The signaling of one session.</summary>
internal interface ILoadSession : IAsyncDisposable
{
    /// <summary>Unique on the server, without <c>_</c>.</summary>
    string Id { get; }

    /// <summary>Sends a message without waiting. Any thread.</summary>
    void Send(RtcMessageType type, ReadOnlyMemory<byte> data);
}

/// <summary>The load cannot be driven; the text says why.</summary>
internal sealed class LoadException(string message, Exception? inner = null) : Exception(message, inner);
