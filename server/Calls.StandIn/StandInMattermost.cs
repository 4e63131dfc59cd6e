using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.StandIn.Chat;
using Calls.StandIn.Hub;
using Calls.StandIn.Rest;
using Calls.StandIn.Seed;
using Calls.StandIn.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Calls.StandIn;

/// <summary>
/// An in-memory Mattermost: the part of its REST API and WebSocket hub that a Calls backend and its clients use
/// (mattermost-integration.md 11). Users, channels and posts survive <see cref="RestartAsync"/>, connections do not.
/// </summary>
public sealed class StandInMattermost : IAsyncDisposable
{
    private readonly StandInOptions _options;
    private readonly MattermostCore _core;
    private readonly HttpClient _client = new() { Timeout = Timeout.InfiniteTimeSpan };
    private WebApplication? _app;
    private CancellationTokenSource _stopping = new();
    private IPEndPoint _endpoint;

    private StandInMattermost(StandInOptions options)
    {
        _options = options;
        _endpoint = options.Listen;
        Faults = new StandInFaults();
        var state = new ServerState(options.Time, DefaultConfig.Create(options.SiteUrl ?? ""));
        var hub = new WebSocketHub(state, options.Timings, Faults, options.Encoding, "stand-in");
        _core = new MattermostCore(state, hub);
        Seed = new DemoSeed(options.ExtraUsers);
        BotToken = Seeding.Apply(_core, Seed);
        if (options.Manifest is not null)
        {
            InstallPlugin(options.Manifest);
        }
    }

    /// <summary>Base URL without a trailing slash in its path.</summary>
    public Uri Url => new($"http://{_endpoint}");

    /// <summary>Access token of the service bot <c>calls</c>, which has the role <c>system_admin</c>.</summary>
    public string BotToken { get; }

    public DemoSeed Seed { get; }

    public StandInFaults Faults { get; }

    /// <summary>Actions with prefix <c>custom_</c> that arrived here, oldest first; at most the last 10 000.</summary>
    public IReadOnlyList<CustomAction> CustomActions => _core.Hub.CustomActions;

    /// <summary>Registered WebSocket connections; inactive ones wait to be resumed.</summary>
    public IReadOnlyList<(string Id, string UserId, bool IsActive)> Connections => _core.Hub.Connections;

    /// <summary>Raised on a connection's read loop for each action with prefix <c>custom_</c>.</summary>
    public event Action<CustomAction>? CustomActionReceived
    {
        add => _core.Hub.CustomActionReceived += value;
        remove => _core.Hub.CustomActionReceived -= value;
    }

    internal MattermostCore Core => _core;

    /// <summary>Starts a stand-in; throws <see cref="IOException"/> when the address is taken.</summary>
    public static async Task<StandInMattermost> StartAsync(StandInOptions options, CancellationToken cancellation)
    {
        var standIn = new StandInMattermost(options);
        try
        {
            await standIn.StartListeningAsync(cancellation);
            return standIn;
        }
        catch
        {
            await standIn.DisposeAsync();
            throw;
        }
    }

    /// <summary>Dies and comes back: every socket is cut without a close frame, every connection record is lost, the port stays the same.</summary>
    public async Task RestartAsync(CancellationToken cancellation = default)
    {
        await StopListeningAsync();
        await StartListeningAsync(cancellation);
    }

    /// <summary>The first half of a restart: connections are refused from now on.</summary>
    public async Task StopListeningAsync()
    {
        _core.Hub.DropAll();
        await _stopping.CancelAsync();
        if (_app is not null)
        {
            await _app.StopAsync(new CancellationToken(canceled: true));
            await _app.DisposeAsync();
            _app = null;
        }

        _core.Hub.DropAll();
    }

    /// <summary>The second half of a restart.</summary>
    public async Task StartListeningAsync(CancellationToken cancellation = default)
    {
        _stopping.Dispose();
        _stopping = new CancellationTokenSource();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(_endpoint);
        });
        builder.Services.AddRoutingCore();
        WebApplication app = builder.Build();
        var pipeline = new RequestPipeline(_core, new RequestLimiter(_core.State, Faults));
        app.Use((http, next) => pipeline.InvokeAsync(http, () => next(http)));
        app.UseRouting();
        MapRoutes(app);
        _app = app;
        await app.StartAsync(cancellation);
        string address = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
        _endpoint = new IPEndPoint(_endpoint.Address, new Uri(address).Port);
    }

    /// <summary>Logs a user in and returns the session's token.</summary>
    public string LogIn(string username, bool isOAuth = false, string deviceId = "")
    {
        User user = _core.State.Users.GetByUsername(username) ?? throw new ArgumentException($"There is no user {username}.", nameof(username));
        return _core.State.Sessions.Create(user, deviceId, "Linux", "Linux", isOAuth).Token;
    }

    /// <summary>The CSRF value that belongs to a session.</summary>
    public string CsrfOf(string token) => _core.State.Sessions.Resolve(token)?.Csrf ?? throw new ArgumentException("There is no such session.", nameof(token));

    /// <summary>Ends a session as an administrator or a log-out elsewhere would: no event tells of it.</summary>
    public void RevokeSession(string token) => _core.Accounts.Revoke(token);

    public void RevokeAllSessions(string userId) => _core.Accounts.RevokeAll(userId);

    /// <summary>Sets when a session expires, in milliseconds since the epoch.</summary>
    public void SetSessionExpiry(string token, long expiresAtMs)
    {
        if (_core.State.Sessions.Update(token, s => s with { ExpiresAt = expiresAtMs }) is { } session)
        {
            _core.Hub.InvalidateUser(session.UserId);
        }
    }

    /// <summary>Creates a user that is a member of the demo team; returns the id.</summary>
    public string AddUser(string username, string password = DemoSeed.DemoPassword, bool isGuest = false, bool joinsTeam = true)
    {
        User user = _core.Accounts.Create(username, $"{username}@example.com", password, u => isGuest ? u with { Roles = "system_guest" } : u);
        if (joinsTeam)
        {
            _core.Memberships.JoinTeam(Seed.TeamId, user.Id);
        }

        return user.Id;
    }

    /// <summary>Deactivates or reactivates a user.</summary>
    public void SetActive(string userId, bool isActive) => _core.Accounts.SetActive(userId, isActive);

    public void SetSystemRoles(string userId, string roles) => _core.Accounts.SetRoles(userId, roles);

    /// <summary>Enforced MFA that the user has not set up yet, or no longer owes.</summary>
    public void SetOwesMfa(string userId, bool owesMfa) => _core.State.Users.Update(userId, u => u with { OwesMfa = owesMfa });

    /// <summary>Creates a channel of the demo team (type O or P); its creator is its only member.</summary>
    public string AddChannel(string name, string type, string creatorId) => _core.Channels.Create(Seed.TeamId, name, name, type, creatorId).Id;

    public string AddDirectChannel(string userId, string otherId) => _core.Channels.GetOrCreateDirect(userId, otherId).Id;

    public string AddGroupChannel(string creatorId, params string[] userIds) => _core.Channels.GetOrCreateGroup(creatorId, userIds).Id;

    public void AddMember(string channelId, string userId) => _core.Memberships.JoinChannel(ChannelOf(channelId), userId);

    /// <summary>Removes a user from a channel; <paramref name="removerId"/> is the user himself when omitted.</summary>
    public void RemoveMember(string channelId, string userId, string? removerId = null) =>
        _core.Memberships.LeaveChannel(ChannelOf(channelId), userId, removerId ?? userId);

    public void JoinTeam(string userId) => _core.Memberships.JoinTeam(Seed.TeamId, userId);

    public void LeaveTeam(string userId) => _core.Memberships.LeaveTeam(Seed.TeamId, userId);

    public void SetChannelAdmin(string channelId, string userId, bool isAdmin) => _core.Memberships.SetChannelAdmin(channelId, userId, isAdmin);

    public void ArchiveChannel(string channelId) => _core.Channels.Archive(channelId);

    public void RestoreChannel(string channelId) => _core.Channels.Restore(channelId);

    /// <summary>Replaces the permissions of a role.</summary>
    public void SetRolePermissions(string roleName, params string[] permissions) => _core.Administration.SetRolePermissions(roleName, permissions);

    public IReadOnlyList<string> GetRolePermissions(string roleName) => _core.State.Roles.GetByName(roleName)?.Permissions ?? [];

    /// <summary>Saves one setting, for example <c>ServiceSettings</c>, <c>SiteURL</c>.</summary>
    public void SetConfig(string section, string key, JsonNode? value) => _core.Administration.SaveConfig(config => config[section]![key] = value?.DeepClone());

    /// <summary>Saves one setting of the Calls plugin, as the System Console does.</summary>
    public void SetPluginSetting(string key, JsonNode? value) => _core.Administration.SaveConfig(config =>
    {
        JsonNode plugins = config["PluginSettings"]!["Plugins"]!;
        plugins["com.mattermost.calls"] ??= new JsonObject();
        plugins["com.mattermost.calls"]![key.ToLowerInvariant()] = value?.DeepClone();
    });

    /// <summary>Installs a licence with a SKU such as <c>enterprise</c>; <c>null</c> removes it.</summary>
    public void SetLicense(string? skuShortName, bool isCloud = false) =>
        _core.Administration.SetLicense(skuShortName is null ? null : new License(skuShortName, isCloud, HasLdap: true, HasIdLoadedPush: true));

    /// <summary>Installs or replaces a plugin without files from the JSON text of its manifest.</summary>
    public void InstallPlugin(string manifest)
    {
        using JsonDocument document = JsonDocument.Parse(manifest);
        _core.Administration.Install(document.RootElement, new Dictionary<string, byte[]>());
    }

    /// <summary>An upgrade put a plugin with a server part in the place of the stub.</summary>
    public void ReplaceManifestWithServer(string version) => InstallPlugin(
        $$"""
        {
          "id": "com.mattermost.calls", "name": "Calls", "version": "{{version}}",
          "webapp": { "bundle_path": "webapp/dist/main.js" },
          "server": { "executables": { "linux-amd64": "server/dist/plugin-linux-amd64" } }
        }
        """);

    /// <summary>Posts of a channel that were not deleted, oldest first, as their JSON on the wire.</summary>
    public IReadOnlyList<JsonElement> PostsIn(string channelId) =>
        [.. _core.State.Posts.InChannel(channelId).Reverse().Select(p => JsonSerializer.SerializeToElement(p, Wire.Json))];

    /// <summary>A post, deleted or not, as its JSON on the wire.</summary>
    public JsonElement? GetPost(string postId) =>
        _core.State.Posts.Get(postId) is { } post ? JsonSerializer.SerializeToElement(post, Wire.Json) : null;

    /// <summary>Publishes any event; targets as in <c>broadcast</c>, all empty = everyone.</summary>
    public void Publish(string eventName, JsonObject data, string userId = "", string channelId = "", string teamId = "", string connectionId = "", string omitConnectionId = "", params string[] omitUsers) =>
        _core.Hub.Publish(new WebSocketEvent(eventName, data, new Broadcast
        {
            UserId = userId,
            ChannelId = channelId,
            TeamId = teamId,
            ConnectionId = connectionId,
            OmitConnectionId = omitConnectionId,
            OmitUsers = Broadcast.Omit(omitUsers),
        }));

    public async ValueTask DisposeAsync()
    {
        await StopListeningAsync();
        _core.Dispose();
        _client.Dispose();
        _stopping.Dispose();
    }

    private Channel ChannelOf(string channelId) => _core.State.Channels.Get(channelId) ?? throw new ArgumentException($"There is no channel {channelId}.", nameof(channelId));

    private void MapRoutes(WebApplication app)
    {
        var routes = new ApiRoutes(app, _core);
        new SocketRoute(_core, _stopping.Token).Map(routes);
        UserRoutes.Map(routes);
        SessionRoutes.Map(routes);
        TeamRoutes.Map(routes);
        ChannelRoutes.Map(routes);
        MemberRoutes.Map(routes);
        PostRoutes.Map(routes);
        PreferenceRoutes.Map(routes);
        SystemRoutes.Map(routes);
        PluginRoutes.Map(routes);
        BotRoutes.Map(routes);
        FileRoutes.Map(routes);
        new CommandRoutes(_client).Map(routes);
        new PluginFrontDoor(_core, _options, _client).Map(app);
    }
}
