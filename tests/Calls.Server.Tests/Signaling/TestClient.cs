using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Calls.Domain;
using Calls.Server.Signaling;

namespace Calls.Server.Tests.Signaling;

/// <summary>One connection of a user, as the front end would report it.</summary>
internal sealed class TestClient(CallsHarness calls, UserId user, ConnectionId connection)
{
    public FakeAuth Auth { get; } = new();

    public UserId User => user;

    public ConnectionId Connection => connection;

    /// <summary>The session that a join over this connection makes.</summary>
    public SessionId Session => new(connection.Value);

    public IReadOnlyList<string> Names => calls.Delivery.NamesReceivedBy(user, connection);

    public IReadOnlyList<WireEvent> Events => calls.Delivery.ReceivedBy(user, connection);

    public void Post(string action, params (string Key, object? Value)[] data) => calls.Connections.Message(new ClientMessage(
        connection, user, Auth, action, new ClientData(data.ToDictionary(d => d.Key, d => d.Value)), "127.0.0.1:1", ""));

    public Task SendAsync(string action, params (string Key, object? Value)[] data)
    {
        Post(action, data);
        return calls.SettleAsync();
    }

    public Task JoinAsync() => SendAsync("join", ("channelID", calls.Channel.Value));

    /// <summary>Comes back for the session of another connection.</summary>
    public Task ReconnectAsync(TestClient before) => SendAsync(
        "reconnect",
        ("channelID", calls.Channel.Value),
        ("originalConnID", before.Session.Value),
        ("prevConnID", before.Connection.Value));

    public Task DisconnectAsync()
    {
        calls.Connections.Disconnected(connection, user);
        return calls.SettleAsync();
    }

    public WireEvent Single(string name) => Assert.Single(Events, wireEvent => wireEvent.Name == name);

    /// <summary>The state document of the last <c>call_state</c> this connection got.</summary>
    public JsonElement LastState() =>
        JsonDocument.Parse(Events.Last(wireEvent => wireEvent.Name == "call_state").Data.GetProperty("call").GetString()!).RootElement;

    /// <summary>Asks for the state and returns it.</summary>
    public async Task<JsonElement> StateAsync()
    {
        await SendAsync("call_state", ("channelID", calls.Channel.Value));
        return LastState();
    }

    public static byte[] Deflate(string text)
    {
        using MemoryStream compressed = new();
        using (ZLibStream stream = new(compressed, CompressionLevel.Optimal))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }

        return compressed.ToArray();
    }
}
