using System.Collections.Concurrent;
using System.Text;
using Calls.Domain;
using Calls.Domain.Ports;

namespace Calls.Server.Tests.Signaling;

/// <summary>Records what the media side is told.</summary>
internal sealed class FakeMediaRouter : IMediaRouter
{
    public ConcurrentQueue<(SessionId Session, MediaMessage Message, string Data)> Sent { get; } = new();

    public ConcurrentQueue<MediaSession> Initialized { get; } = new();

    public ConcurrentQueue<SessionId> Closed { get; } = new();

    public ConcurrentDictionary<SessionId, TimeSpan> Silence { get; } = new();

    /// <summary>Fails the next sessions with this text.</summary>
    public string? Failure { get; set; }

    /// <summary>Fails this session only.</summary>
    public SessionId? FailingSession { get; set; }

    /// <summary>What the next session waits for.</summary>
    public Task Ready { get; set; } = Task.CompletedTask;

    /// <summary>Told of each session that closes, as the real one does.</summary>
    public IMediaEvents? Events { get; set; }

    public async Task InitSessionAsync(MediaSession session, CancellationToken cancellation)
    {
        await Ready.WaitAsync(cancellation);
        if (Failure is { } failure)
        {
            throw new MediaUnavailableException(failure);
        }

        if (session.Id == FailingSession)
        {
            throw new MediaUnavailableException("no media for this one");
        }

        Initialized.Enqueue(session);
    }

    public void CloseSession(SessionId session)
    {
        Closed.Enqueue(session);
        Events?.OnSessionClosed(session);
    }

    public void Send(SessionId session, MediaMessage message, ReadOnlyMemory<byte> data = default) =>
        Sent.Enqueue((session, message, Encoding.UTF8.GetString(data.Span)));

    public TimeSpan? SilentFor(SessionId session) => Silence.TryGetValue(session, out TimeSpan silence) ? silence : null;
}
