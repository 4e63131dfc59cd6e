using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.StandIn.Chat;
using Calls.StandIn.State;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Calls.StandIn.Rest;

/// <summary>One REST request on its way through a handler.</summary>
internal sealed class ApiRequest(HttpContext http, MattermostCore core, Session? session)
{
    private const int MaxPerPage = 200;
    private const int DefaultPerPage = 60;

    public HttpContext Http { get; } = http;

    public MattermostCore Core { get; } = core;

    public ServerState State => Core.State;

    public Permissions Permissions => Core.State.Permissions;

    public Session? OptionalSession { get; } = session;

    /// <summary>Only for endpoints that require a session.</summary>
    public Session Session => OptionalSession ?? throw ApiException.SessionExpired("UserRequired");

    public int Page => int.TryParse(Http.Request.Query["page"], out int page) && page >= 0 ? page : 0;

    public int PerPage => int.TryParse(Http.Request.Query["per_page"], out int count) && count >= 0 ? Math.Min(count, MaxPerPage) : DefaultPerPage;

    public string Query(string name) => Http.Request.Query[name].ToString();

    public string Route(string name) => Http.GetRouteValue(name)?.ToString() ?? "";

    /// <summary>An id of the path; 400 when it is not 26 letters or digits.</summary>
    public string Id(string name)
    {
        string value = Route(name);
        return Ids.IsValid(value) ? value : throw ApiException.InvalidUrl(name);
    }

    /// <summary>The user id of the path, with <c>me</c> for the caller.</summary>
    public string UserId(string name = "user_id") => Route(name) == "me" ? Session.UserId : Id(name);

    public Channel Channel(string name = "channel_id") => State.Channels.Get(Id(name)) ?? throw ApiException.NoChannel();

    public Team Team(string name = "team_id") => State.Teams.Get(Id(name)) ?? throw ApiException.NoTeam();

    public void RequireSystem(string permission)
    {
        if (!Permissions.HasSystem(Session, permission))
        {
            throw ApiException.Forbidden(permission);
        }
    }

    public void RequireTeam(string teamId, string permission)
    {
        if (!Permissions.HasTeam(Session, teamId, permission))
        {
            throw ApiException.Forbidden(permission);
        }
    }

    public void RequireChannel(Channel channel, string permission)
    {
        if (!Permissions.HasChannel(Session, channel, permission))
        {
            throw ApiException.Forbidden(permission);
        }
    }

    public void RequireEdit(string userId)
    {
        if (!Permissions.CanEditUser(Session, userId))
        {
            throw ApiException.Forbidden(Permission.EditOtherUsers);
        }
    }

    /// <summary>The page of a list that the query asks for.</summary>
    public IReadOnlyList<T> PageOf<T>(IEnumerable<T> all) => [.. all.Skip(Page * PerPage).Take(PerPage)];

    /// <summary>Reads a JSON body; 413 above the configured size, 400 naming <paramref name="name"/> when it is not valid.</summary>
    public async Task<JsonElement> BodyAsync(string name, JsonValueKind kind = JsonValueKind.Object)
    {
        int limit = State.Settings.Current.Int("ServiceSettings", "MaximumPayloadSizeBytes");
        byte[] body = await RawBodyAsync(limit) ?? throw new ApiException(413, "api.context.request_body_too_large.app_error", "Request body is too large.");
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == kind ? document.RootElement.Clone() : throw ApiException.InvalidBody(name);
        }
        catch (JsonException)
        {
            throw ApiException.InvalidBody(name);
        }
    }

    /// <summary>The body as it is, or <c>null</c> when longer than <paramref name="limit"/> bytes.</summary>
    public async Task<byte[]?> RawBodyAsync(long limit)
    {
        var body = new MemoryStream();
        byte[] buffer = new byte[16384];
        int read;
        while ((read = await Http.Request.Body.ReadAsync(buffer, Http.RequestAborted)) > 0)
        {
            if (body.Length + read > limit)
            {
                return null;
            }

            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }

    public Task JsonAsync<T>(T value, int status = 200) => BytesAsync(Wire.ToUtf8(value), "application/json", status);

    public Task OkAsync(int status = 200) => JsonAsync(new JsonObject { ["status"] = "OK" }, status);

    public async Task BytesAsync(byte[] content, string contentType, int status = 200)
    {
        Http.Response.StatusCode = status;
        Http.Response.ContentType = contentType;
        Http.Response.ContentLength = content.Length;
        if (!HttpMethods.IsHead(Http.Request.Method))
        {
            await Http.Response.Body.WriteAsync(content, Http.RequestAborted);
        }
    }

    public Task TextAsync(string text, int status) => BytesAsync(Encoding.UTF8.GetBytes(text), "text/plain; charset=utf-8", status);

    /// <summary>A string of a body, empty when absent or of another type.</summary>
    public static string Text(JsonElement body, string name) =>
        body.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    /// <summary>The strings of an array body; 400 naming <paramref name="name"/> when it holds anything else.</summary>
    public static IReadOnlyList<string> Strings(JsonElement array, string name)
    {
        var result = new List<string>();
        foreach (JsonElement item in array.EnumerateArray())
        {
            result.Add(item.ValueKind == JsonValueKind.String ? item.GetString()! : throw ApiException.InvalidBody(name));
        }

        return result;
    }
}
