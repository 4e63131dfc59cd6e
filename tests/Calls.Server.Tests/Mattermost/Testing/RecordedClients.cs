using System.Collections.Concurrent;
using System.Threading.Channels;
using Calls.Domain;
using Calls.Server.Signaling;

namespace Calls.Server.Tests.Mattermost.Testing;

/// <summary>The core, as far as the gateway sees it: notes what it was told, in order.</summary>
public sealed class RecordedClients : IClientConnections
{
    private readonly Channel<string> _notes = Channel.CreateUnbounded<string>();

    public ConcurrentQueue<ClientMessage> Messages { get; } = new();

    /// <summary>Runs inside <see cref="Message"/>, as the core would.</summary>
    public Action<ClientMessage>? OnMessage { get; set; }

    public void Connected(ConnectionId connection, UserId user) => Note($"connected {connection} {user}");

    public void Disconnected(ConnectionId connection, UserId user) => Note($"disconnected {connection} {user}");

    public void Message(ClientMessage message)
    {
        Messages.Enqueue(message);
        OnMessage?.Invoke(message);
        Note($"message {message.Connection} {message.Action}");
    }

    public void UserLeftChannel(UserId user, ChannelId channel) => Note($"left {user} {channel}");

    public void AuthEnded(ConnectionId connection, UserId user) => Note($"ended {connection} {user}");

    /// <summary>The next note, which must be this one.</summary>
    public async Task NextAsync(string expected) => Assert.Equal(expected, await _notes.Reader.ReadAsync().AsTask().WaitAsync(Limits.Test));

    /// <summary>Waits for a note; others before it are skipped.</summary>
    public async Task UntilAsync(string expected)
    {
        while (await _notes.Reader.ReadAsync().AsTask().WaitAsync(Limits.Test) != expected)
        {
        }
    }

    public bool HasNone => _notes.Reader.Count == 0;

    private void Note(string note) => _notes.Writer.TryWrite(note);
}
