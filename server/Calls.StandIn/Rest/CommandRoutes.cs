using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Calls.StandIn.Chat;
using Calls.StandIn.State;
using Microsoft.AspNetCore.Http;

namespace Calls.StandIn.Rest;

/// <summary>Custom slash commands and their callback (mattermost-integration.md 7.5).</summary>
internal sealed class CommandRoutes(HttpClient client)
{
    private const int MaxDisplayName = 64;
    private const int MaxDescription = 128;
    private const int MaxAnswer = 1024 * 1024;

    public void Map(ApiRoutes routes)
    {
        routes.Get("/commands", ListAsync);
        routes.Post("/commands", CreateAsync);
        routes.Post("/commands/execute", ExecuteAsync);
        routes.Put("/commands/{command_id}", UpdateAsync);
        routes.Delete("/commands/{command_id}", DeleteAsync);
    }

    private static Task ListAsync(ApiRequest request)
    {
        string teamId = request.Query("team_id");
        if (!Ids.IsValid(teamId))
        {
            throw ApiException.InvalidBody("team_id");
        }

        RequireCommands(request);
        request.RequireTeam(teamId, request.Query("custom_only") == "true" ? Permission.ManageOwnSlashCommands : Permission.ViewTeam);
        return request.JsonAsync(request.State.Commands.OfTeam(teamId));
    }

    private static async Task CreateAsync(ApiRequest request)
    {
        JsonElement body = await request.BodyAsync("command");
        string teamId = ApiRequest.Text(body, "team_id");
        request.RequireTeam(teamId, Permission.ManageOwnSlashCommands);
        RequireCommands(request);
        SlashCommand command = Read(body, new SlashCommand
        {
            Id = Ids.New(),
            Token = Ids.New(),
            CreateAt = request.State.Clock.NowMs,
            UpdateAt = request.State.Clock.NowMs,
            CreatorId = request.Session.UserId,
            TeamId = teamId,
            Trigger = "",
            Url = "",
        });
        Validate(command);
        if (!request.State.Commands.TryAdd(command))
        {
            throw new ApiException(400, "api.command.duplicate_trigger.app_error", "This trigger word is already in use. Please choose another word.");
        }

        await request.JsonAsync(command, StatusCodes.Status201Created);
    }

    private static async Task UpdateAsync(ApiRequest request)
    {
        JsonElement body = await request.BodyAsync("command");
        if (ApiRequest.Text(body, "id") != request.Id("command_id"))
        {
            throw ApiException.InvalidBody("command");
        }

        SlashCommand old = RequireManaged(request);
        SlashCommand command = Read(body, old) with { UpdateAt = request.State.Clock.NowMs };
        Validate(command);
        request.State.Commands.Put(command);
        await request.JsonAsync(command);
    }

    private static Task DeleteAsync(ApiRequest request)
    {
        SlashCommand command = RequireManaged(request);
        request.State.Commands.Remove(command.Id);
        return request.OkAsync();
    }

    private async Task ExecuteAsync(ApiRequest request)
    {
        JsonElement body = await request.BodyAsync("command_args");
        string line = ApiRequest.Text(body, "command");
        if (line.Length <= 1 || line[0] != '/')
        {
            throw new ApiException(400, "api.command.execute_command.start.app_error", "Unable to find the command trigger.");
        }

        Channel channel = request.State.Channels.Get(ApiRequest.Text(body, "channel_id")) ?? throw ApiException.Forbidden(Permission.CreatePost);
        request.RequireChannel(channel, Permission.CreatePost);

        // In direct and group channels the team is the one the client was in.
        string teamId = channel.TeamId.Length > 0 ? channel.TeamId : ApiRequest.Text(body, "team_id");
        string trigger = line[1..].Split(' ')[0].ToLowerInvariant();
        SlashCommand command = (request.State.Settings.Current.Bool("ServiceSettings", "EnableCommands") ? request.State.Commands.OfTeam(teamId) : [])
            .FirstOrDefault(c => c.Trigger == trigger)
            ?? throw new ApiException(404, "api.command.execute_command.not_found.app_error", $"Command with a trigger of '{trigger}' not found. To send a message beginning with \"/\", try adding an empty space at the beginning of the message.");
        JsonElement answer = await CallAsync(request, command, channel, teamId, line, trigger, ApiRequest.Text(body, "root_id"));
        Deliver(request, command, channel, answer, ApiRequest.Text(body, "root_id"));
        await request.JsonAsync(answer);
    }

    private async Task<JsonElement> CallAsync(ApiRequest request, SlashCommand command, Channel channel, string teamId, string line, string trigger, string rootId)
    {
        User user = request.State.Users.Get(request.Session.UserId) ?? throw ApiException.NoUser();
        string site = request.State.Settings.Current.String("ServiceSettings", "SiteURL");
        using var message = new HttpRequestMessage(command.Method == "G" ? HttpMethod.Get : HttpMethod.Post, command.Url);
        message.Headers.Authorization = new AuthenticationHeaderValue("Token", command.Token);
        message.Headers.Accept.ParseAdd("application/json");
        message.Content = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["token"] = command.Token,
            ["team_id"] = teamId,
            ["team_domain"] = request.State.Teams.Get(teamId)?.Name ?? "",
            ["channel_id"] = channel.Id,
            ["channel_name"] = channel.Name,
            ["user_id"] = user.Id,
            ["user_name"] = user.Username,
            ["command"] = "/" + trigger,
            ["text"] = line[(1 + trigger.Length)..].TrimStart(),
            ["trigger_id"] = Ids.New(),
            ["root_id"] = rootId,
            ["response_url"] = $"{site}/hooks/commands/{Ids.New()}",
        });
        try
        {
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(request.State.Settings.Current.Int("ServiceSettings", "OutgoingIntegrationRequestsTimeout")));
            using HttpResponseMessage response = await client.SendAsync(message, timeout.Token);
            byte[] content = await response.Content.ReadAsByteArrayAsync(timeout.Token);
            if (response.StatusCode != HttpStatusCode.OK || content.Length > MaxAnswer)
            {
                throw Failed(trigger, ((int)response.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture));
            }

            using JsonDocument document = JsonDocument.Parse(content);
            return document.RootElement.Clone();
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or JsonException)
        {
            throw Failed(trigger, exception.GetType().Name);
        }
    }

    private static void Deliver(ApiRequest request, SlashCommand command, Channel channel, JsonElement answer, string rootId)
    {
        string text = ApiRequest.Text(answer, "text");
        var draft = new Post { Id = "", UserId = "", ChannelId = channel.Id, RootId = rootId, Message = text };
        if (ApiRequest.Text(answer, "response_type") == "in_channel")
        {
            request.Core.Posting.Create(draft, request.Session.UserId, isOnline: true);
        }
        else if (text.Length > 0)
        {
            // An ephemeral answer without text creates no post.
            request.Core.Posting.SendEphemeral(draft, command.CreatorId, request.Session.UserId);
        }
    }

    private static ApiException Failed(string trigger, string detail) =>
        new(500, "api.command.execute_command.failed.app_error", $"Command with a trigger of '{trigger}' failed.", detail);

    private static void RequireCommands(ApiRequest request)
    {
        if (!request.State.Settings.Current.Bool("ServiceSettings", "EnableCommands"))
        {
            throw new ApiException(501, "api.command.disabled.app_error", "Commands have been disabled by the system admin.");
        }
    }

    private static SlashCommand RequireManaged(ApiRequest request)
    {
        SlashCommand command = request.State.Commands.Get(request.Id("command_id")) ?? throw new ApiException(404, "store.sql_command.get.missing.app_error", "Command does not exist.");
        request.RequireTeam(command.TeamId, command.CreatorId == request.Session.UserId ? Permission.ManageOwnSlashCommands : Permission.ManageOthersSlashCommands);
        return command;
    }

    private static SlashCommand Read(JsonElement body, SlashCommand old) => old with
    {
        Trigger = ApiRequest.Text(body, "trigger").ToLowerInvariant(),
        Method = ApiRequest.Text(body, "method"),
        Username = ApiRequest.Text(body, "username"),
        IconUrl = ApiRequest.Text(body, "icon_url"),
        AutoComplete = body.TryGetProperty("auto_complete", out JsonElement complete) && complete.ValueKind == JsonValueKind.True,
        AutoCompleteDesc = ApiRequest.Text(body, "auto_complete_desc"),
        AutoCompleteHint = ApiRequest.Text(body, "auto_complete_hint"),
        DisplayName = ApiRequest.Text(body, "display_name"),
        Description = ApiRequest.Text(body, "description"),
        Url = ApiRequest.Text(body, "url"),
    };

    private static void Validate(SlashCommand command)
    {
        if (command.Trigger.Length is 0 or > 128 || command.Trigger[0] == '/' || command.Trigger.Contains(' '))
        {
            throw Invalid("trigger");
        }

        if (!Uri.TryCreate(command.Url, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https"))
        {
            throw Invalid("url");
        }

        if (command.Method is not ("P" or "G"))
        {
            throw Invalid("method");
        }

        if (command.DisplayName.Length > MaxDisplayName)
        {
            throw Invalid("display_name");
        }

        if (command.Description.Length > MaxDescription)
        {
            throw Invalid("description");
        }

        static ApiException Invalid(string field) => new(400, $"model.command.is_valid.{field}.app_error", $"Invalid {field}.");
    }
}
