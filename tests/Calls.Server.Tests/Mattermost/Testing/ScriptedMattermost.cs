using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Calls.Server.Tests.Mattermost.Testing;

/// <summary>
/// A Mattermost that does what a test tells it: every upgrade is handed to the test, REST is answered from tables. For the paths that
/// a correct server does not take on demand.
/// </summary>
public sealed class ScriptedMattermost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Channel<ScriptedSocket> _sockets = Channel.CreateUnbounded<ScriptedSocket>();

    private ScriptedMattermost(WebApplication app)
    {
        _app = app;
    }

    public Uri Url => new(_app.Urls.First());

    /// <summary>User of each valid token; any other token is answered with 401.</summary>
    public ConcurrentDictionary<string, string> Tokens { get; } = new() { ["bot"] = "botuser" };

    /// <summary>Members of each channel.</summary>
    public ConcurrentDictionary<string, HashSet<string>> Members { get; } = new();

    /// <summary>Answers by method and path; they come before the built-in ones.</summary>
    public ConcurrentDictionary<string, Func<HttpContext, Task>> Routes { get; } = new();

    /// <summary>Every request that came in: method, path with query.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>If set, upgrades are answered with it.</summary>
    public Func<HttpContext, Task>? RefusesUpgrade { get; set; }

    public int Upgrades { get; private set; }

    public static async Task<ScriptedMattermost> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        WebApplication app = builder.Build();
        var mattermost = new ScriptedMattermost(app);
        app.UseWebSockets();
        app.Run(mattermost.HandleAsync);
        await app.StartAsync();
        return mattermost;
    }

    /// <summary>The next upgraded socket.</summary>
    public async Task<ScriptedSocket> AcceptAsync() => await _sockets.Reader.ReadAsync().AsTask().WaitAsync(Limits.Test);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        Requests.Enqueue($"{context.Request.Method} {path}{context.Request.QueryString}");
        if (path.TrimEnd('/') == "/api/v4/websocket")
        {
            await UpgradeAsync(context);
            return;
        }

        if (Routes.TryGetValue($"{context.Request.Method} {path}", out Func<HttpContext, Task>? route))
        {
            await route(context);
            return;
        }

        string token = context.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal);
        await AnswerAsync(context, path, token);
    }

    private async Task UpgradeAsync(HttpContext context)
    {
        Upgrades++;
        if (RefusesUpgrade is { } refuses)
        {
            await refuses(context);
            return;
        }

        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        var scripted = new ScriptedSocket(socket, context.Request.QueryString.Value ?? "", context.Request.Path.Value!, context.Request.Headers);
        _sockets.Writer.TryWrite(scripted);
        await using CancellationTokenRegistration stopped = _stopping.Token.Register(scripted.Cut);
        await scripted.Ended;
    }

    private async Task AnswerAsync(HttpContext context, string path, string token)
    {
        if (path == "/api/v4/users/me/status")
        {
            await (Tokens.TryGetValue(token, out string? user)
                ? JsonAsync(context, 200, new { user_id = user, status = "online" })
                : JsonAsync(context, 401, new { id = "api.context.session_expired.app_error", status_code = 401 }));
        }
        else if (path == "/api/v4/users/me")
        {
            await JsonAsync(context, 200, new { id = Tokens.GetValueOrDefault(token, "") });
        }
        else if (path == "/api/v4/config")
        {
            await JsonAsync(context, 200, new { ServiceSettings = new { SiteURL = "", AllowCorsFrom = "" } });
        }
        else if (path.EndsWith("/members/ids", StringComparison.Ordinal))
        {
            string[] asked = (await JsonSerializer.DeserializeAsync<string[]>(context.Request.Body))!;
            HashSet<string> members = Members.GetValueOrDefault(path.Split('/')[4], []);
            await JsonAsync(context, 200, asked.Where(members.Contains).Select(static id => new { user_id = id, roles = "channel_user" }));
        }
        else
        {
            await JsonAsync(context, 404, new { id = "api.context.404.app_error", message = "Sorry, we could not find the page.", status_code = 404 });
        }
    }

    public static async Task JsonAsync(HttpContext context, int status, object body)
    {
        context.Response.StatusCode = status;

        // Names as they are: Mattermost's settings start with capitals.
        await context.Response.WriteAsJsonAsync(body, JsonSerializerOptions.Default);
    }
}
