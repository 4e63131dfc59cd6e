using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using Calls.Domain;
using Calls.Server.Mattermost;
using Calls.Server.Mattermost.Relay;
using Calls.Server.Signaling;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Calls.Server.Tests.Mattermost.Testing;

/// <summary>The gateway on a free port in front of a scripted Mattermost.</summary>
public sealed class GatewayUnderTest : IAsyncDisposable
{
    private readonly WebApplication _app;

    // A client that nothing refers to any more would be cut by the garbage collector, in the middle of a test.
    private readonly ConcurrentBag<TestClient> _clients = [];

    private GatewayUnderTest(WebApplication app, ScriptedMattermost mattermost, RecordedClients clients, RecordedLog log)
    {
        (_app, Mattermost, Clients, Log) = (app, mattermost, clients, log);
    }

    public ScriptedMattermost Mattermost { get; }

    public RecordedClients Clients { get; }

    public RecordedLog Log { get; }

    public Uri Url => new(_app.Urls.First());

    public GatewayCounters Counters => _app.Services.GetRequiredService<GatewayCounters>();

    internal ConnectionRegistry Registry => _app.Services.GetRequiredService<ConnectionRegistry>();

    internal Calls.Server.Mattermost.Rest.SettingsCache Settings => _app.Services.GetRequiredService<Calls.Server.Mattermost.Rest.SettingsCache>();

    public IServiceProvider Services => _app.Services;

    /// <param name="time">Drives everything but sockets.</param>
    public static async Task<GatewayUnderTest> StartAsync(
        Func<GatewayOptions, GatewayOptions>? configure = null, TimeProvider? time = null, Action<WebApplication>? map = null)
    {
        ScriptedMattermost mattermost = await ScriptedMattermost.StartAsync();
        var clients = new RecordedClients();
        var log = new RecordedLog();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Trace);
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }

        builder.Services.AddSingleton<IClientConnections>(clients);
        var timings = new GatewayTimings { UpstreamCloseWait = TimeSpan.FromMilliseconds(50) };
        if (time is not null)
        {
            // The network keeps its own time: a test that moves the clock must not make requests time out.
            timings = timings with { ResponseTimeout = TimeSpan.FromDays(1) };
        }

        var options = new GatewayOptions { MattermostUrl = mattermost.Url, BotToken = "bot", Timings = timings, ListensAsBot = false, RegistersCommand = false };
        builder.Services.AddMattermostGateway(configure?.Invoke(options) ?? options);
        WebApplication app = builder.Build();
        app.MapMattermostGateway();
        map?.Invoke(app);
        await app.StartAsync();
        return new GatewayUnderTest(app, mattermost, clients, log);
    }

    public void Publish(string name, EventTarget target, object? data = null, bool isDroppable = false) =>
        _app.Services.GetRequiredService<IEventDelivery>()
            .Publish(new WireEvent(name, JsonSerializer.SerializeToElement(data ?? new { }), target, isDroppable));

    /// <summary>Dials; the other end has to be accepted at the scripted Mattermost.</summary>
    public async Task<TestClient> DialAsync(
        string query = "connection_id=&sequence_number=0", string? token = null, Action<ClientWebSocketOptions>? configure = null)
    {
        var url = new Uri(
            $"ws://{Url.Authority}/api/v4/websocket{(query.Length == 0 ? "" : "?")}{query}",
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        TestClient client = await TestClient.DialAsync(url, token, configure);
        _clients.Add(client);
        return client;
    }

    /// <summary>A greeted connection of a user whose token is the user's name, with Calls open.</summary>
    public async Task<(TestClient Client, ScriptedSocket Upstream)> ConnectAsync(string user, string connection)
    {
        Mattermost.Tokens[user] = user;
        Task<TestClient> dialling = DialAsync(token: user);
        ScriptedSocket upstream = await Mattermost.AcceptAsync();
        TestClient client = await dialling;
        await upstream.SendAsync(ScriptedSocket.Hello(connection, user));
        Assert.Equal(0, (await client.ReceiveAsync()).Seq);
        await Clients.NextAsync($"connected {connection} {user}");
        return (client, upstream);
    }

    /// <summary>Comes back as the web client does.</summary>
    public async Task<(TestClient Client, ScriptedSocket Upstream)> ResumeAsync(string user, string connection, object next)
    {
        Task<TestClient> dialling = DialAsync($"connection_id={connection}&sequence_number={next}", user);
        ScriptedSocket upstream = await Mattermost.AcceptAsync();
        return (await dialling, upstream);
    }

    public static EventTarget ToConnection(string id) => new() { Connection = new ConnectionId(id) };

    public static EventTarget ToUser(string id) => new() { User = new UserId(id) };

    public static EventTarget ToChannel(string id) => new() { Channel = new ChannelId(id) };

    public async ValueTask DisposeAsync()
    {
        // First, so that the gateway's sockets are gone when it stops.
        await Mattermost.DisposeAsync();
        await _app.StopAsync(new CancellationToken(canceled: true));
        foreach (TestClient client in _clients)
        {
            client.Dispose();
        }

        await _app.DisposeAsync();
    }

    public Task StopAsync() => _app.StopAsync();
}
