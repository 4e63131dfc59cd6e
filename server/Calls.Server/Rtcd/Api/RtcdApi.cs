using System.Text.Json;
using Calls.Server.Observability.Metrics;
using Calls.Server.Rtcd.Authentication;
using Calls.Server.Rtcd.Sessions;
using Calls.Server.Rtcd.WebSockets;
using Microsoft.AspNetCore.Http.Features;

namespace Calls.Server.Rtcd.Api;

/// <summary>rtcd's HTTP API (rtcd.md 2): few exact paths, and 404 for everything else.</summary>
internal sealed class RtcdApi(Clients clients, RtcdSessions sessions, CpuLoad load, MetricsPage metrics, TimeProvider time, ILogger<RtcdApi> log)
{
    /// <summary>The longest request there is has two ids; the reference takes any length.</summary>
    private const int MaxBodyBytes = 64 * 1024;

    private const string Json = "application/json";

    public Task HandleAsync(HttpContext context)
    {
        string path = context.Request.Path.Value ?? "";
        if (path.Contains("//", StringComparison.Ordinal))
        {
            string cleaned = "/" + string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries)) + (path.EndsWith('/') ? "/" : "");
            context.Response.Redirect(cleaned.Replace("//", "/", StringComparison.Ordinal) + context.Request.QueryString, permanent: true);
            return Task.CompletedTask;
        }

        return (context.Request.Method, path) switch
        {
            ("GET", "/version") => WriteAsync(context, StatusCodes.Status200OK, Json, BuildInfo.Json),
            ("GET", "/system") => WriteAsync(context, StatusCodes.Status200OK, Json, JsonSerializer.SerializeToUtf8Bytes(new { cpu_load = load.Value })),
            ("GET", "/metrics") => metrics.WriteAsync(context.Response),
            ("POST", "/register") => RegisterAsync(context),
            ("POST", "/unregister") => UnregisterAsync(context),
            ("POST", "/login") => LogInAsync(context),
            ("GET", "/ws") => ConnectAsync(context),
            ("GET", _) when path.Split('/') is ["", "calls", { Length: > 0 } call, "sessions"] => ListSessionsAsync(context, call),
            ("GET", _) when path.Split('/') is ["", "calls", { Length: > 0 } call, "sessions", { Length: > 0 } session] => ShowSessionAsync(context, call, session),
            _ => TextAsync(context, StatusCodes.Status404NotFound, "404 page not found"),
        };
    }

    private async Task RegisterAsync(HttpContext context)
    {
        if (!clients.AllowsSelfRegistration && await AuthenticateAsync(context) is (null, var fault))
        {
            await AnswerAsync(context, StatusCodes.Status401Unauthorized, ("error", fault));
            return;
        }

        if (await ReadAsync(context) is not { } request)
        {
            return;
        }

        string clientId = request.GetValueOrDefault("clientID", "");
        string? refusal = await clients.RegisterAsync(clientId, request.GetValueOrDefault("authKey", ""), context.RequestAborted);
        Audit(context, clientId, refusal);
        await (refusal is null
            ? AnswerAsync(context, StatusCodes.Status201Created, ("clientID", clientId))
            : AnswerAsync(context, StatusCodes.Status400BadRequest, ("error", refusal)));
    }

    private async Task UnregisterAsync(HttpContext context)
    {
        if (!clients.AllowsUnregistration)
        {
            await AnswerAsync(context, StatusCodes.Status403Forbidden, ("error", "unregister not enabled"));
            return;
        }

        (Caller? caller, string fault) = await AuthenticateAsync(context);
        if (caller is null)
        {
            await AnswerAsync(context, StatusCodes.Status401Unauthorized, ("error", fault));
            return;
        }

        if (await ReadAsync(context) is not { } request)
        {
            return;
        }

        string clientId = request.GetValueOrDefault("clientID", "");
        (int status, string? refusal) = clientId.Length == 0 ? (StatusCodes.Status400BadRequest, "client id should not be empty")
            : !caller.IsAdmin && caller.ClientId != clientId ? (StatusCodes.Status403Forbidden, "client id not valid")
            : (StatusCodes.Status400BadRequest, clients.Unregister(clientId));
        Audit(context, clientId, refusal);
        await (refusal is null ? AnswerAsync(context, StatusCodes.Status200OK) : AnswerAsync(context, status, ("error", refusal)));
    }

    private async Task LogInAsync(HttpContext context)
    {
        if (await ReadAsync(context) is not { } request)
        {
            return;
        }

        string clientId = request.GetValueOrDefault("clientID", "");
        (string? token, string fault) = await clients.LogInAsync(clientId, request.GetValueOrDefault("authKey", ""), context.RequestAborted);
        Audit(context, clientId, token is null ? fault : null);
        await (token is null
            ? AnswerAsync(context, StatusCodes.Status400BadRequest, ("error", fault))
            : AnswerAsync(context, StatusCodes.Status200OK, ("bearerToken", token)));
    }

    private async Task ConnectAsync(HttpContext context)
    {
        (Caller? caller, string fault) = await AuthenticateAsync(context);
        if (caller is null)
        {
            await TextAsync(context, StatusCodes.Status401Unauthorized, fault);
            return;
        }

        if (!Handshake.IsRequested(context.Request) || context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade)
        {
            context.Response.Headers.SecWebSocketVersion = "13";
            await TextAsync(context, StatusCodes.Status400BadRequest, "Bad Request");
            return;
        }

        if (Handshake.IsForeign(context.Request))
        {
            await TextAsync(context, StatusCodes.Status403Forbidden, "Forbidden");
            return;
        }

        context.Response.Headers.SecWebSocketAccept = Handshake.Accept(context.Request.Headers.SecWebSocketKey!);
        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.Connection = "Upgrade";
        await using Stream stream = await upgrade.UpgradeAsync();
        var connection = new RtcdConnection(stream, ConnectionId.New(), caller.ClientId, time);
        if (!await sessions.TryServeAsync(connection) || connection.WasCut)
        {
            context.Abort(); // nothing may follow
        }
    }

    private async Task ListSessionsAsync(HttpContext context, string callId)
    {
        if (await AuthorizeAsync(context) is not { } caller)
        {
            return;
        }

        (IReadOnlyList<RtcdSession>? found, string fault) = sessions.FindCall(caller.ClientId, callId);
        await (found is null
            ? TextAsync(context, StatusCodes.Status404NotFound, $"failed to get session configs: {fault}")
            : WriteAsync(context, StatusCodes.Status200OK, Json, JsonSerializer.SerializeToUtf8Bytes(found.Select(SessionView.Of))));
    }

    private async Task ShowSessionAsync(HttpContext context, string callId, string sessionId)
    {
        if (await AuthorizeAsync(context) is not { } caller)
        {
            return;
        }

        (IReadOnlyList<RtcdSession>? found, string fault) = sessions.FindCall(caller.ClientId, callId);
        RtcdSession? session = found?.FirstOrDefault(session => session.Config.SessionId == sessionId);
        await (session is null
            ? TextAsync(context, StatusCodes.Status404NotFound, $"failed to get session config: {(found is null ? fault : "session not found")}")
            : WriteAsync(context, StatusCodes.Status200OK, Json, JsonSerializer.SerializeToUtf8Bytes(SessionView.Of(session))));
    }

    /// <summary>A client that may ask for its sessions; others have been answered.</summary>
    private async Task<Caller?> AuthorizeAsync(HttpContext context)
    {
        (Caller? caller, _) = await AuthenticateAsync(context);
        if (caller is { IsAdmin: false })
        {
            return caller;
        }

        await TextAsync(context, StatusCodes.Status401Unauthorized, "unauthorized");
        return null;
    }

    private async Task<(Caller? Caller, string Fault)> AuthenticateAsync(HttpContext context)
    {
        (Caller? caller, string fault) = await clients.AuthenticateAsync(context.Request.Headers.Authorization is [{ } header] ? header : null, context.RequestAborted);
        Audit(context, caller?.ClientId ?? "", caller is null ? fault : null);
        return (caller, fault);
    }

    /// <summary>The request; one that cannot be read has been answered.</summary>
    private static async Task<IReadOnlyDictionary<string, string>?> ReadAsync(HttpContext context)
    {
        byte[] body = new byte[MaxBodyBytes + 1];
        int length = await context.Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, context.RequestAborted);
        IReadOnlyDictionary<string, string> values = new Dictionary<string, string>();
        string? fault = length > MaxBodyBytes ? "request body too large" : StringObject.TryRead(body.AsSpan(0, length), out values);
        if (fault is null)
        {
            return values;
        }

        await AnswerAsync(context, StatusCodes.Status400BadRequest, ("error", fault));
        return null;
    }

    private static Task AnswerAsync(HttpContext context, int status, params (string Key, string Value)[] fields)
    {
        var answer = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["code"] = $"{status}" };
        foreach ((string key, string value) in fields)
        {
            answer[key] = value;
        }

        return WriteAsync(context, status, Json, JsonSerializer.SerializeToUtf8Bytes(answer));
    }

    private static Task TextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }

    private static async Task WriteAsync(HttpContext context, int status, string type, byte[] json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = json.Length + 1;
        await context.Response.Body.WriteAsync(json, context.RequestAborted);
        await context.Response.Body.WriteAsync("\n"u8.ToArray(), context.RequestAborted);
    }

    private void Audit(HttpContext context, string clientId, string? fault) =>
        log.LogAudit(context.Connection.RemoteIpAddress, context.Request.Method, PathOf(context), fault is null ? "success" : "fail", fault ?? "", clientId);

    private static string PathOf(HttpContext context) => context.Request.Path.Value?.Split('/')[1] ?? "";
}
