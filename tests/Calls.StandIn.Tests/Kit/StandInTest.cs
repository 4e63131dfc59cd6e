namespace Calls.StandIn.Tests.Kit;

/// <summary>A stand-in of its own for each test.</summary>
public abstract class StandInTest : IAsyncLifetime
{
    private readonly List<IDisposable> _clients = [];
    private readonly List<IAsyncDisposable> _sockets = [];

    private protected StandInMattermost Server { get; private set; } = null!;

    private protected ManualTime Time { get; } = new();

    private protected virtual StandInOptions Options => new() { Time = Time };

    private protected string Alice => Server.Seed.AliceId;

    private protected string Bob => Server.Seed.BobId;

    private protected string TownSquare => Server.Seed.TownSquareId;

    public async Task InitializeAsync() => Server = await StandInMattermost.StartAsync(Options, CancellationToken.None);

    public async Task DisposeAsync()
    {
        foreach (IAsyncDisposable socket in _sockets)
        {
            await socket.DisposeAsync();
        }

        foreach (IDisposable client in _clients)
        {
            client.Dispose();
        }

        await Server.DisposeAsync();
    }

    /// <summary>REST as a user, logged in anew.</summary>
    private protected ApiClient As(string username) => WithToken(Server.LogIn(username));

    private protected ApiClient AsBot() => WithToken(Server.BotToken);

    private protected ApiClient WithToken(string? token)
    {
        var client = new ApiClient(Server.Url, token);
        _clients.Add(client);
        return client;
    }

    /// <summary>A socket as a user, past its <c>hello</c>.</summary>
    private protected Task<SocketClient> SocketAsync(string username) => GreetedAsync(Server.LogIn(username));

    private protected async Task<SocketClient> GreetedAsync(string token)
    {
        SocketClient socket = await SocketClient.OpenGreetedAsync(Server.Url, token);
        _sockets.Add(socket);
        return socket;
    }

    private protected async Task<SocketClient> OpenAsync(string? token, string query = "", Action<System.Net.WebSockets.ClientWebSocketOptions>? configure = null, string path = "/api/v4/websocket")
    {
        SocketClient socket = await SocketClient.OpenAsync(Server.Url, token, query, configure, path);
        _sockets.Add(socket);
        return socket;
    }

    /// <summary>Waits until the hub counts the connection as inactive.</summary>
    private protected Task InactiveAsync(string connectionId) => UntilAsync(() => Server.Connections.Any(c => c.Id == connectionId && !c.IsActive));

    /// <summary>Waits for a condition that another thread brings about.</summary>
    private protected static async Task UntilAsync(Func<bool> condition)
    {
        DateTime deadline = DateTime.UtcNow + TimeSpan.FromSeconds(20);
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < deadline, "The condition did not come true.");
            await Task.Yield();
        }
    }
}
