using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Calls.StandIn.Chat;
using Calls.StandIn.Hub;
using Calls.StandIn.State;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Calls.StandIn.Rest;

/// <summary>The WebSocket upgrade (mattermost-integration.md 11.2, H1 to H6).</summary>
internal sealed class SocketRoute(MattermostCore core, CancellationToken stopping)
{
    /// <summary>The stock limit; its constant's name says kilobytes, its use means bytes.</summary>
    private const int ReadLimit = 8192;

    private const string KeySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455, section 1.3

    public void Map(ApiRoutes routes) => routes.Get("/websocket", ConnectAsync, Access.AnyoneTrusted);

    private async Task ConnectAsync(ApiRequest request)
    {
        HttpContext http = request.Http;
        if (RefusalOf(request) is { } status)
        {
            await RefuseAsync(http, status);
            return;
        }

        http.Response.Headers.Upgrade = "websocket";
        http.Response.Headers["Sec-WebSocket-Accept"] = AcceptOf(http.Request.Headers.SecWebSocketKey.ToString());
        await using Stream stream = await http.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        using var socket = new FrameSocket(stream, ReadLimit);
        if (!TryCreate(request, socket, out WebConnection? connection))
        {
            return;
        }

        if (request.OptionalSession is not null)
        {
            core.Hub.Register(connection!);
        }

        await using CancellationTokenRegistration stop = stopping.Register(connection!.Abort);
        await connection.RunAsync();
        connection.ReleaseTransport();
        core.Hub.Unregister(connection);
        if (connection.IsSilenced)
        {
            // The peer keeps a connection on which nothing ever happens.
            using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stopping, http.RequestAborted);
            await Task.Delay(Timeout.Infinite, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>False when the parameters make the stock server close the accepted socket at once.</summary>
    private bool TryCreate(ApiRequest request, FrameSocket socket, out WebConnection? connection)
    {
        connection = null;
        Action abort = request.Http.Abort;
        string given = request.Query("connection_id");
        Session? session = request.OptionalSession;
        if (given.Length == 0 || session is null)
        {
            connection = new WebConnection(core.Hub, socket, abort, Ids.New(), session);
            return true;
        }

        if (!Ids.IsValid(given))
        {
            return false;
        }

        WebConnection? old = core.Hub.Faults.IsSeparateNode ? null : core.Hub.TakeInactive(session.UserId, given);
        if (old is null)
        {
            connection = new WebConnection(core.Hub, socket, abort, Ids.New(), session);
            return true;
        }

        // The old connection has already been taken out: a bad number loses it for good.
        if (!long.TryParse(request.Query("sequence_number"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seq) || seq < 0)
        {
            return false;
        }

        connection = new WebConnection(core.Hub, socket, abort, given, session, old, seq);
        return true;
    }

    private static int? RefusalOf(ApiRequest request)
    {
        IHeaderDictionary headers = request.Http.Request.Headers;
        if (!HasToken(headers.Connection.ToString(), "upgrade")
            || !HasToken(headers.Upgrade.ToString(), "websocket")
            || headers.SecWebSocketVersion != "13")
        {
            return StatusCodes.Status400BadRequest;
        }

        ServerConfig config = request.State.Settings.Current;
        if (!OriginPolicy.Allows(
            headers.Origin.ToString(),
            headers.Host.ToString(),
            config.String("ServiceSettings", "AllowCorsFrom"),
            config.String("ServiceSettings", "SiteURL")))
        {
            return StatusCodes.Status403Forbidden;
        }

        // A key is 16 bytes in base64.
        Span<byte> key = stackalloc byte[16];
        return Convert.TryFromBase64String(headers.SecWebSocketKey.ToString(), key, out int length) && length == 16
            ? null
            : StatusCodes.Status400BadRequest;
    }

    // Two bodies in one: the upgrader writes its own answer first, the API's error handling appends to it.
    private async Task RefuseAsync(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        http.Response.Headers["X-Content-Type-Options"] = "nosniff";
        http.Response.Headers["Sec-WebSocket-Version"] = "13";
        var error = new ApiException(400, "api.web_socket.connect.upgrade.app_error", $"URL Blocked because of CORS. Url: {http.Request.Headers.Origin}");
        string text = status == StatusCodes.Status403Forbidden ? "Forbidden\n" : "Bad Request\n";
        await http.Response.Body.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(text), .. ApiRoutes.ErrorBody(http, error, core.State)]);
    }

    private static bool HasToken(string list, string token) =>
        list.Split(',').Any(part => part.Trim().Equals(token, StringComparison.OrdinalIgnoreCase));

    private static string AcceptOf(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + KeySuffix)));
}
