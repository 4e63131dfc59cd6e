using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Configuration;
using Calls.Server.Mattermost.Proxy;
using Calls.Server.Mattermost.Rest;

namespace Calls.Server.Mattermost.Push;

/// <summary>
/// Stands between Mattermost and its push proxy: a call that starts becomes a Calls push, and who is in a call is not told of replies
/// in its thread (mattermost-integration.md 3.16, rest-api.md 9). Everything else passes as it is.
/// </summary>
internal sealed partial class PushInterposer(
    HttpMessageInvoker http,
    ICallStore store,
    IChatHost host,
    PushReceivers receivers,
    PeerAddress addresses,
    SettingsCache settings,
    CurrentCallsSettings calls,
    GatewayOptions options,
    TimeProvider time,
    ILogger<PushInterposer> log)
{
    private const int MaxBytes = 1 << 20;
    private const string CallPost = "custom_calls";
    private const string Generic = "You've been invited to a call";

    // Clients tell the text of a call from that of a message by this character.
    private const char Marker = '\u200b';

    private static readonly TimeSpan ForwardLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AddressLifetime = TimeSpan.FromMinutes(1);
    private static readonly string[] Passed = ["X-Mattermost-Auth", "X-Mattermost-ServerID"];
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ExpiringCache<string, IPAddress[]> _resolved = new(1, time);

    /// <summary><c>POST /api/v1/send_push</c>.</summary>
    public async Task SendAsync(HttpContext context)
    {
        if (await TryReadAsync(context) is not { } body)
        {
            return;
        }

        try
        {
            (bool isSuppressed, byte[] changed) = await DecideAsync(body, context.RequestAborted);
            if (isSuppressed)
            {
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync("""{"status":"OK"}""");
                return;
            }

            body = changed;
        }
        catch (Exception failure) when (failure is ChatHostException or CallStoreException)
        {
            // A push in Mattermost's words is better than none.
            LogUndecided(failure.Message);
        }

        await ForwardAsync(context, "/api/v1/send_push", body);
    }

    /// <summary><c>POST /api/v1/ack</c>.</summary>
    public async Task AcknowledgeAsync(HttpContext context)
    {
        if (await TryReadAsync(context) is { } body)
        {
            await ForwardAsync(context, "/api/v1/ack", body);
        }
    }

    private async Task<(bool IsSuppressed, byte[] Body)> DecideAsync(byte[] body, CancellationToken cancellation)
    {
        if (TryParse(body) is not { } push
            || Text(push, "type") != "message"
            || !RandomId.IsValid(Text(push, "channel_id"))
            || await store.GetActiveCallAsync(new ChannelId(Text(push, "channel_id")), cancellation) is not { } call)
        {
            return (false, body);
        }

        if (call.Thread is { } thread && Text(push, "root_id") == thread.Value
            && await receivers.ContainAsync(call.UsersInCall(host.BotUserId), Text(push, "device_id"), cancellation))
        {
            return (true, body);
        }

        // The push may be faster than the answer that tells us the id of the call's post.
        string post = Text(push, "post_id");
        bool isStart = post.Length > 0
            && (call.Post?.Value == post || (await host.GetPostAsync(new PostId(post), cancellation))?.Type == CallPost);
        if (!isStart)
        {
            return (false, body);
        }

        ChatChannel? channel = await host.GetChannelAsync(call.Channel, cancellation);
        if (channel?.Kind is ChannelKind.Direct or ChannelKind.Group)
        {
            push["sub_type"] = "calls";
        }
        else if (!calls.Value.EnableRinging)
        {
            return (false, body);
        }

        push["message"] = Invitation(push);
        return (false, Encoding.UTF8.GetBytes(push.ToJsonString(Relaxed)));
    }

    private string Invitation(JsonObject push)
    {
        bool isIdLoaded = push["is_id_loaded"] is JsonValue flag && flag.TryGetValue(out bool loaded) && loaded;
        bool isFull = settings.Current?.PushContents == "full";
        string sender = Text(push, "sender_name");
        return isIdLoaded || !isFull || sender.Length == 0 ? Generic : $"{Marker}{sender} is inviting you to a call";
    }

    private async Task ForwardAsync(HttpContext context, string path, byte[] body)
    {
        using var limit = new CancellationTokenSource(ForwardLimit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted);
        using var request = new HttpRequestMessage(HttpMethod.Post, options.PushProxyUrl!.GetLeftPart(UriPartial.Path).TrimEnd('/') + path)
        {
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.TryParse(context.Request.ContentType, out MediaTypeHeaderValue? type) ? type : new("application/json");
        foreach (string name in Passed.Where(context.Request.Headers.ContainsKey))
        {
            request.Headers.TryAddWithoutValidation(name, context.Request.Headers[name].ToString());
        }

        try
        {
            using HttpResponseMessage answer = await http.SendAsync(request, both.Token);
            byte[] content = await answer.Content.ReadAsByteArrayAsync(both.Token);
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            await context.Response.Body.WriteAsync(content, context.RequestAborted);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException && !context.RequestAborted.IsCancellationRequested)
        {
            LogProxyAway();
            context.Response.StatusCode = StatusCodes.Status502BadGateway;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("""{"status":"FAIL","error":"the push proxy cannot be reached"}""");
        }
    }

    /// <summary>The body, if it comes from Mattermost; otherwise the answer is given and the result <c>null</c>.</summary>
    private async Task<byte[]?> TryReadAsync(HttpContext context)
    {
        if (!await IsMattermostAsync(addresses.Of(context).Address, context.RequestAborted))
        {
            LogStranger();
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return null;
        }

        if (context.Request.ContentLength > MaxBytes)
        {
            context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return null;
        }

        using var whole = new MemoryStream();
        byte[] part = new byte[8192];
        int read;
        while ((read = await context.Request.Body.ReadAsync(part, context.RequestAborted)) > 0)
        {
            if (whole.Length + read > MaxBytes)
            {
                context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
                return null;
            }

            whole.Write(part, 0, read);
        }

        return whole.ToArray();
    }

    // A site whose Mattermost leaves by another address than it is reached at names it as a trusted network.
    private async Task<bool> IsMattermostAsync(string peer, CancellationToken cancellation)
    {
        if (!IPAddress.TryParse(peer, out IPAddress? address))
        {
            return false;
        }

        if (options.TrustedProxies.Any(network => network.Contains(address)))
        {
            return true;
        }

        string name = options.MattermostUrl.DnsSafeHost;
        if (!_resolved.TryGet(name, out IPAddress[]? known))
        {
            try
            {
                known = await Dns.GetHostAddressesAsync(name, cancellation);
            }
            catch (System.Net.Sockets.SocketException)
            {
                known = [];
            }

            _resolved.Set(name, known, AddressLifetime);
        }

        return known.Contains(address);
    }

    private static JsonObject? TryParse(byte[] body)
    {
        try
        {
            return JsonNode.Parse(body) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Text(JsonObject push, string name) =>
        push[name] is JsonValue value && value.TryGetValue(out string? text) ? text : "";

    [LoggerMessage(EventId = 3027, Level = LogLevel.Warning, Message = "A push passes in Mattermost's words: {Reason}")]
    private partial void LogUndecided(string reason);

    [LoggerMessage(EventId = 3028, Level = LogLevel.Warning, Message = "The push proxy of PushProxyURL cannot be reached.")]
    private partial void LogProxyAway();

    [LoggerMessage(EventId = 3029, Level = LogLevel.Warning, Message = "A push was refused: it comes neither from an address of MattermostURL nor from one of TrustedProxies.")]
    private partial void LogStranger();
}
