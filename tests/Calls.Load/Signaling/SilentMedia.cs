using Calls.Domain;
using Calls.Domain.Ports;

namespace Calls.Load.Signaling;

/// <summary>Media that is always there and never does anything.</summary>
internal sealed class SilentMedia : IMediaRouter
{
    public Task InitSessionAsync(MediaSession session, CancellationToken cancellation) => Task.CompletedTask;

    public void CloseSession(SessionId session)
    {
    }

    public void Send(SessionId session, MediaMessage message, ReadOnlyMemory<byte> data = default)
    {
    }

    public TimeSpan? SilentFor(SessionId session) => TimeSpan.Zero;
}
