using System.Diagnostics;
using System.Net;
using Calls.Domain;
using Calls.Domain.Invariants;
using Calls.Domain.Ports;
using Calls.Rtc;
using Calls.Server.Commands;
using Calls.Server.Configuration;
using Calls.Server.Mattermost.Relay;
using Calls.Server.Tests.Mattermost.Testing;
using Calls.StandIn;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Calls.Server.Tests.EndToEnd.Testing;

/// <summary>The whole service as <c>calls serve</c> composes it, in front of a stand-in Mattermost, with a clock that a test moves.</summary>
internal sealed class CallsSite : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("calls-site-").FullName;
    private readonly List<IAsyncDisposable> _clients = [];
    private readonly HttpClient _http = new();
    private readonly CallsSettings _settings;
    private readonly SettingSources? _sources;
    private Func<SidecarOptions, SidecarOptions>? _configure;
    private Sidecar? _sidecar;

    private CallsSite(
        StandInMattermost mattermost,
        ManualTime mattermostTime,
        CallsSettings settings,
        Func<SidecarOptions, SidecarOptions>? configure,
        SettingSources? sources)
    {
        (Mattermost, MattermostTime, _settings, _configure, _sources) = (mattermost, mattermostTime, settings, configure, sources);
    }

    /// <summary>The sidecar's clock.</summary>
    public ManualTime Time { get; } = new();

    /// <summary>Mattermost's clock.</summary>
    public ManualTime MattermostTime { get; }

    public StandInMattermost Mattermost { get; }

    public string Channel => Mattermost.Seed.OffTopicId;

    public Uri Url => Sidecar.Addresses[0];

    public Sidecar Sidecar => _sidecar ?? throw new InvalidOperationException("The sidecar is down.");

    public string DatabaseFile => Path.Combine(_folder, "calls.db");

    /// <param name="settings">What applies where nothing else is set.</param>
    /// <param name="prepare">Changes Mattermost before the sidecar starts.</param>
    /// <param name="arrange">Runs before the sidecar starts, and says how its options differ.</param>
    public static async Task<CallsSite> StartAsync(
        CallsSettings? settings = null,
        Func<SidecarOptions, SidecarOptions>? configure = null,
        SettingSources? sources = null,
        Action<StandInMattermost>? prepare = null,
        Func<CallsSite, Task<Func<SidecarOptions, SidecarOptions>>>? arrange = null)
    {
        var mattermostTime = new ManualTime();
        StandInMattermost mattermost = await StandInMattermost.StartAsync(new() { Time = mattermostTime }, CancellationToken.None);
        prepare?.Invoke(mattermost);
        var site = new CallsSite(
            mattermost,
            mattermostTime,
            settings ?? new CallsSettings { DefaultEnabled = true, EnableVideo = true, ICEServersConfigs = [] },
            configure,
            sources);
        try
        {
            site._configure = arrange is null ? site._configure : await arrange(site);
            await site.StartSidecarAsync();
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the sidecar, on the database that the one before left.</summary>
    public async Task StartSidecarAsync(bool endCallsOnStart = false)
    {
        var options = new SidecarOptions
        {
            HttpListen = [new(IPAddress.Loopback, 0)],
            AdminListen = new(IPAddress.Loopback, 0),
            MattermostUrl = Mattermost.Url,
            BotToken = Mattermost.BotToken,
            DatabaseFile = DatabaseFile,
            EndCallsOnStart = endCallsOnStart,
            LogLevel = LogLevel.Warning,
        };
        var media = new RtcServerOptions { UdpPort = 0, ListenAddresses = [IPAddress.Loopback], Loops = 1 };
        _sidecar = await Sidecar.StartAsync(
            _configure?.Invoke(options) ?? options, _settings, media, addRoutes: null, CancellationToken.None, Time, _sources);
    }

    /// <summary>The sidecar is gone without a farewell: sockets and media are cut, nothing is written any more.</summary>
    public async Task StopSidecarAsync()
    {
        Sidecar stopped = Sidecar;
        _sidecar = null;
        await stopped.DisposeAsync();
    }

    public string LogIn(string user) => Mattermost.LogIn(user);

    public string IdOf(string user) => Mattermost.Seed.UserIds[user];

    /// <summary>A greeted socket: a browser tab's main socket, or the one of its call.</summary>
    public Task<ClientSocket> OpenAsync(string user) => OpenWithAsync(LogIn(user));

    public async Task<ClientSocket> OpenWithAsync(string token)
    {
        ClientSocket socket = Own(await ClientSocket.OpenGreetedAsync(Url, token));
        await KnowsAsync(socket, token);
        return socket;
    }

    /// <summary>The question whose token it is must not be under way when a test moves the clock: it would time out.</summary>
    public Task KnowsAsync(ClientSocket socket, string token)
    {
        ConnectionRegistry connections = Sidecar.Services.GetRequiredService<ConnectionRegistry>();
        return Poll.UntilAsync(() => connections.TryFind(new ConnectionId(socket.Id), out RelayConnection? connection) && connection.Knows(token));
    }

    /// <summary>Comes back as the web client does, for the connection of a socket that was lost.</summary>
    public async Task<ClientSocket> ResumeAsync(ClientSocket lost, string token) => Own(await ClientSocket.OpenAsync(
        Url, token, $"connection_id={lost.Id}&sequence_number={lost.NextSeq}", resumes: lost.Id, nextSeq: lost.NextSeq));

    /// <summary>What a test leaves open is closed, and checked, when the site ends.</summary>
    public T Own<T>(T client)
        where T : IAsyncDisposable
    {
        _clients.Add(client);
        return client;
    }

    /// <summary>A socket of a user that joined the channel's call, with the events of the join taken.</summary>
    public Task<ClientSocket> JoinAsync(string user, string? channel = null) => JoinWithAsync(LogIn(user), channel);

    public async Task<ClientSocket> JoinWithAsync(string token, string? channel = null)
    {
        ClientSocket socket = await OpenWithAsync(token);
        await socket.SendAsync("join", new { channelID = channel ?? Channel });
        await socket.NextAsync("join");
        await socket.NextAsync("call_state");
        socket.TakeAll();
        return socket;
    }

    /// <summary>Everything that was set off so far is done, and what it told has arrived at these sockets.</summary>
    public async Task SettleAsync(params ClientSocket[] sockets)
    {
        foreach (ClientSocket socket in sockets)
        {
            await socket.SyncAsync();
        }

        await Sidecar.Services.GetRequiredService<BackgroundTasks>().WhenIdleAsync().WaitAsync(Limits.Test);
        foreach (ClientSocket socket in sockets)
        {
            await socket.SyncAsync();
        }
    }

    /// <summary>The state of the channel's call as a participant sees it now.</summary>
    public async Task<WireFrame> StateAsync(ClientSocket socket)
    {
        await socket.SendAsync("call_state", new { channelID = Channel });
        return await socket.NextAsync("call_state");
    }

    /// <summary>The active call of the channel as it is stored.</summary>
    public Task<CallState?> StoredCallAsync() =>
        Sidecar.Services.GetRequiredService<ICallStore>().GetActiveCallAsync(new ChannelId(Channel), CancellationToken.None);

    /// <summary>The service has noticed that the socket of a session is gone: its grace begins.</summary>
    public Task NoticedAsync(string session) => Poll.UntilAsync(() =>
        StoredCallAsync().GetAwaiter().GetResult()?.Sessions.GetValueOrDefault(new SessionId(session)) is null or { SocketDownAt: > 0 });

    /// <summary>Time passes in seconds; the media of these clients goes on meanwhile.</summary>
    public async Task PassAsync(int seconds, params MediaClient[] alive)
    {
        for (int second = 0; second < seconds; second++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            foreach (MediaClient media in alive)
            {
                await media.PulseAsync();
            }
        }
    }

    /// <summary>Something happens before so many seconds have passed.</summary>
    public Task WithinAsync(int seconds, Func<bool> happened) => WithinAsync(seconds, () => Task.FromResult(happened()));

    /// <inheritdoc cref="WithinAsync(int, Func{bool})"/>
    public async Task WithinAsync(int seconds, Func<Task<bool>> happened)
    {
        for (int passed = 0; passed < seconds && !await happened(); passed++)
        {
            // The network has its own time: a moment for what is under way, then the clock moves.
            var moment = Stopwatch.StartNew();
            while (!await happened() && moment.ElapsedMilliseconds < 300)
            {
                await Task.Yield();
            }

            Time.Advance(TimeSpan.FromSeconds(await happened() ? 0 : 1));
        }

        await Poll.UntilAsync(happened);
    }

    /// <summary>Asks the sidecar over HTTP as a user, by bearer.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string token, object? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(Url, path));
        request.Headers.Authorization = new("Bearer", token);
        if (body is not null)
        {
            request.Content = System.Net.Http.Json.JsonContent.Create(body);
        }

        return await _http.SendAsync(request);
    }

    /// <summary>Sends any request to the sidecar.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => _http.SendAsync(request);

    /// <summary>The JSON that a user gets from a path of Calls.</summary>
    public async Task<System.Text.Json.JsonElement> GetAsync(string user, string path)
    {
        using HttpResponseMessage answer = await SendAsync(HttpMethod.Get, "/plugins/com.mattermost.calls" + path, LogIn(user));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }

    /// <summary>What must hold of every call holds, once what is under way is done.</summary>
    public async Task CheckInvariantsAsync()
    {
        CallAudit audit = Sidecar.Services.GetRequiredService<CallAudit>();
        IReadOnlyList<CallViolation> found = [];
        var elapsed = Stopwatch.StartNew();
        do
        {
            found = await audit.CheckAllAsync(CancellationToken.None);
        }
        while (found.Count > 0 && elapsed.Elapsed < Limits.Test);

        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    public async ValueTask DisposeAsync()
    {
        var broken = new List<Exception>();
        if (_sidecar is not null)
        {
            try
            {
                await CheckInvariantsAsync();
            }
            catch (Exception violation) when (violation is Xunit.Sdk.XunitException or CallLockException or CallStoreException)
            {
                broken.Add(violation);
            }
        }

        foreach (IAsyncDisposable client in _clients)
        {
            try
            {
                await client.DisposeAsync();
            }
            catch (Xunit.Sdk.XunitException violation)
            {
                broken.Add(violation);
            }
        }

        if (_sidecar is not null)
        {
            await _sidecar.DisposeAsync();
        }

        await Mattermost.DisposeAsync();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
        if (broken.Count > 0)
        {
            throw broken[0];
        }
    }
}
