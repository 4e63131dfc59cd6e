using Calls.Domain;
using Calls.Domain.HostControl;
using Calls.Domain.Ports;
using Calls.Server.Configuration;
using Calls.Server.Signaling;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Calls.Server.Tests.Signaling;

/// <summary>The real core on a temporary database, between a fake front end, fake media and a fake Mattermost.</summary>
internal sealed class CallsHarness : IAsyncDisposable
{
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(20);

    private readonly string _database;
    private readonly bool _keepsDatabase;
    private readonly ServiceProvider _services;

    private CallsHarness(string? database, CallsSettings? settings, bool endCallsOnStart, FakeChatHost? host, bool keepsDatabase)
    {
        _database = database ?? Path.Combine(Path.GetTempPath(), $"calls-{Guid.NewGuid():N}.db");
        _keepsDatabase = keepsDatabase;
        Host = host ?? new FakeChatHost();
        if (host is null)
        {
            Host.AddChannel(Channel, Alice, Bob, Carol);
        }

        Settings = new CurrentCallsSettings(settings ?? new CallsSettings { DefaultEnabled = true });
        Delivery = new RecordingDelivery(Host);

        ServiceCollection services = new();
        services.AddSingleton<TimeProvider>(Time);
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddSingleton(Settings);
        services.AddSingleton<IChatHost>(Host);
        services.AddSingleton<IBotPosts>(Host);
        services.AddSingleton<IJobService>(Jobs);
        services.AddSingleton<IMediaRouter>(Media);
        services.AddSingleton<IEventDelivery>(Delivery);
        services.AddCallsCore(new CallsCoreOptions(_database, endCallsOnStart));
        _services = services.BuildServiceProvider();
        Media.Events = Get<IMediaEvents>();
    }

    public static UserId Alice { get; } = new("alice");

    public static UserId Bob { get; } = new("bob");

    public static UserId Carol { get; } = new("carol");

    public ChannelId Channel { get; } = new("channelxxxxxxxxxxxxxxxxxxx");

    public ManualTime Time { get; } = new();

    public FakeChatHost Host { get; }

    public FakeMediaRouter Media { get; } = new();

    public FakeJobService Jobs { get; } = new();

    public RecordingDelivery Delivery { get; }

    public CurrentCallsSettings Settings { get; }

    public string Database => _database;

    public IClientConnections Connections => Get<IClientConnections>();

    public HostControls HostControls => Get<HostControls>();

    public ICallStore Store => Get<ICallStore>();

    public static async Task<CallsHarness> StartAsync(
        CallsSettings? settings = null,
        string? database = null,
        bool endCallsOnStart = false,
        FakeChatHost? host = null,
        bool keepsDatabase = false,
        TimeSpan later = default)
    {
        CallsHarness harness = new(database, settings, endCallsOnStart, host, keepsDatabase);
        harness.Time.Advance(later);
        foreach (IHostedService service in harness._services.GetServices<IHostedService>())
        {
            await service.StartAsync(CancellationToken.None);
        }

        await harness.SettleAsync();
        return harness;
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public TestClient Client(UserId user, string connection) => new(this, user, new ConnectionId(connection));

    /// <summary>Joins and forgets the events of it.</summary>
    public async Task<TestClient> JoinedAsync(UserId user, string connection)
    {
        TestClient client = Client(user, connection);
        await client.JoinAsync();
        Assert.Contains("join", client.Names);
        Delivery.Clear();
        return client;
    }

    public async Task AdvanceAsync(TimeSpan by)
    {
        Time.Advance(by);
        await SettleAsync();
    }

    /// <summary>Waits until something is about to wait this long, and lets the time pass.</summary>
    public async Task ExpireAsync(TimeSpan deadline)
    {
        await Time.WhenTimerIsSetAsync(deadline).WaitAsync(SettleLimit);
        Time.Advance(deadline);
    }

    /// <summary>Waits for an event while other work may go on.</summary>
    public Task WaitForAsync(string name) => Delivery.WhenPublishedAsync(name).WaitAsync(SettleLimit);

    /// <summary>Waits until everything that was set off is done.</summary>
    public Task SettleAsync() => Get<BackgroundTasks>().WhenIdleAsync().WaitAsync(SettleLimit);

    public async Task<CallState?> CallAsync() => await Store.GetActiveCallAsync(Channel, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        foreach (IHostedService service in _services.GetServices<IHostedService>())
        {
            await service.StopAsync(CancellationToken.None);
        }

        await _services.DisposeAsync();
        if (!_keepsDatabase)
        {
            foreach (string suffix in new[] { "", "-wal", "-shm" })
            {
                File.Delete(_database + suffix);
            }
        }
    }
}
