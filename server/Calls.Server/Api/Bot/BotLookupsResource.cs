using System.Globalization;
using System.Text;
using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Configuration;

namespace Calls.Server.Api.Bot;

/// <summary>What recorder and transcriber look up: channel, pictures, speakers, and the name for their files (rest-api.md 4.1 to 4.4).</summary>
internal sealed class BotLookupsResource(
    BotGate gate, IBotHost mattermost, IChatHost host, CallDirectory directory, CurrentCallsSettings settings, TimeProvider time) : IApiResource
{
    private const int NamedMembers = 8;
    private const int MaxNameLength = 24;

    // Never the recorder's business, whatever Mattermost sends.
    private static readonly HashSet<string> Cleared = ["password", "mfa_secret", "last_login"];

    public void Map(ApiRoutes routes)
    {
        routes.BotGet(gate, "/channels/" + ApiRoutes.ChannelSegment, GetChannelAsync);
        routes.BotGet(gate, $"/users/{ApiRoutes.Id("userId")}/image", GetImageAsync);
        routes.BotGet(gate, $"/calls/{ApiRoutes.ChannelSegment}/sessions/{ApiRoutes.Id("sessionId")}/profile", GetProfileAsync);
        routes.BotGet(gate, $"/calls/{ApiRoutes.ChannelSegment}/filename", GetFilenameAsync);
    }

    private async Task<ApiAnswer> GetChannelAsync(ApiRequest request)
    {
        JsonElement? channel = await mattermost.GetChannelAsync(request.Channel, request.Aborted);
        return ApiAnswer.Resource(writer =>
        {
            if (channel is { } found)
            {
                found.WriteTo(writer);
            }
            else
            {
                writer.WriteNullValue();
            }
        });
    }

    private async Task<ApiAnswer> GetImageAsync(ApiRequest request)
    {
        (byte[] Bytes, string Type)? image = await mattermost.GetImageAsync(new UserId(request.PathId("userId")), request.Aborted);
        return image is var (bytes, type)
            ? ApiAnswer.File(bytes, type, time.GetUtcNow())
            : ApiAnswer.Text(StatusCodes.Status404NotFound, "not found");
    }

    private async Task<ApiAnswer> GetProfileAsync(ApiRequest request)
    {
        CallState? call = await directory.RunAsync(
            request.Channel, CallDirectory.LockLimit, work => Task.FromResult(work.Call?.State), request.Aborted);
        if (call is null)
        {
            return ApiAnswer.Envelope(StatusCodes.Status400BadRequest, "no call ongoing");
        }

        if (!call.Sessions.TryGetValue(new SessionId(request.PathId("sessionId")), out CallSession? session))
        {
            return ApiAnswer.Envelope(StatusCodes.Status404NotFound, "not found");
        }

        return await mattermost.GetUserAsync(session.User, request.Aborted) is { } user
            ? ApiAnswer.Resource(writer => WriteProfile(writer, user))
            : ApiAnswer.Envelope(StatusCodes.Status500InternalServerError, "failed to get user: not found");
    }

    private async Task<ApiAnswer> GetFilenameAsync(ApiRequest request)
    {
        string name = await NameOfAsync(request.Channel, request.Aborted);
        string at = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd_HH-mm-ss", CultureInfo.InvariantCulture);
        return ApiAnswer.Resource(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("filename", $"Call_{name}_{at}");
            writer.WriteEndObject();
        });
    }

    private static void WriteProfile(Utf8JsonWriter writer, JsonElement user)
    {
        writer.WriteStartObject();
        foreach (JsonProperty property in user.EnumerateObject().Where(static property => !Cleared.Contains(property.Name)))
        {
            property.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    // A file must get a name whatever happens.
    private async Task<string> NameOfAsync(ChannelId channel, CancellationToken cancellation)
    {
        try
        {
            return await host.GetChannelAsync(channel, cancellation) switch
            {
                null => channel.Value,
                { Kind: ChannelKind.Public or ChannelKind.Private } named => AsFilename(named.DisplayName),
                _ => AsFilename(string.Join('-', (await mattermost.GetMembersAsync(channel, NamedMembers, cancellation)).Select(NameOf))),
            };
        }
        catch (ChatHostException)
        {
            return channel.Value;
        }
    }

    private string NameOf(ChatUser user)
    {
        string fullName = settings.Value.ShowFullName ? $"{user.FirstName} {user.LastName}".Trim() : "";
        return fullName.Length > 0 ? fullName : user.Username;
    }

    private static string AsFilename(string name)
    {
        Rune[] characters = [.. name.EnumerateRunes()];
        StringBuilder safe = new(MaxNameLength + 1);
        foreach (Rune character in characters.Take(MaxNameLength))
        {
            safe.Append(character.IsAscii && (char.IsAsciiLetterOrDigit((char)character.Value) || character.Value is '.' or '_' or '-')
                ? (char)character.Value
                : '_');
        }

        // For the ellipsis that says that there was more.
        return characters.Length > MaxNameLength ? safe.Append('_').ToString() : safe.ToString();
    }
}
