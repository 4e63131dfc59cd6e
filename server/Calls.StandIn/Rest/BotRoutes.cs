using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.StandIn.Chat;
using Calls.StandIn.State;
using Microsoft.AspNetCore.Http;

namespace Calls.StandIn.Rest;

/// <summary>Bot accounts (mattermost-integration.md 7.6).</summary>
internal static class BotRoutes
{
    public static void Map(ApiRoutes routes)
    {
        routes.Get("/bots", ListAsync);
        routes.Post("/bots", CreateAsync);
    }

    private static Task ListAsync(ApiRequest request)
    {
        bool others = request.Permissions.HasSystem(request.Session, Permission.ReadOthersBots);
        if (!others)
        {
            request.RequireSystem(Permission.ReadBots);
        }

        bool withDeleted = request.Query("include_deleted") == "true";
        IEnumerable<User> bots = request.State.Users.All().Where(u =>
            u.IsBot && (withDeleted || u.DeleteAt == 0) && (others || u.BotOwnerId == request.Session.UserId));
        return request.JsonAsync(request.PageOf(bots).Select(View).ToList());
    }

    private static async Task CreateAsync(ApiRequest request)
    {
        JsonElement body = await request.BodyAsync("bot");
        request.RequireSystem(Permission.CreateBot);

        // A bot must not create bots, whatever its roles.
        if (request.State.Users.Get(request.Session.UserId) is { IsBot: true })
        {
            throw ApiException.Forbidden(Permission.CreateBot);
        }

        if (!request.State.Settings.Current.Bool("ServiceSettings", "EnableBotAccountCreation"))
        {
            throw new ApiException(403, "api.bot.create_disabled", "Bot creation has been disabled.");
        }

        string username = ApiRequest.Text(body, "username");
        long now = request.State.Clock.NowMs;
        var bot = new User
        {
            Id = Ids.New(),
            CreateAt = now,
            UpdateAt = now,
            Username = username.ToLowerInvariant(),
            Email = $"{username.ToLowerInvariant()}@localhost",
            FirstName = ApiRequest.Text(body, "display_name"),
            IsBot = true,
            BotDescription = ApiRequest.Text(body, "description"),
            BotOwnerId = request.Session.UserId,
        };
        if (username.Length is 0 or > 64)
        {
            throw new ApiException(400, "model.bot.is_valid.username.app_error", "Invalid username.");
        }

        if (!request.State.Users.TryAdd(bot))
        {
            throw new ApiException(400, "app.user.save.username_exists.app_error", "An account with that username already exists.");
        }

        await request.JsonAsync(View(bot), StatusCodes.Status201Created);
    }

    private static JsonObject View(User bot) => new()
    {
        ["user_id"] = bot.Id,
        ["username"] = bot.Username,
        ["display_name"] = bot.FirstName,
        ["description"] = bot.BotDescription ?? "",
        ["owner_id"] = bot.BotOwnerId,
        ["create_at"] = bot.CreateAt,
        ["update_at"] = bot.UpdateAt,
        ["delete_at"] = bot.DeleteAt,
    };
}
