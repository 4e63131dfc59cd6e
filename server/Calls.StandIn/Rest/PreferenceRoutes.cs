using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.StandIn.Chat;
using Calls.StandIn.Hub;
using Calls.StandIn.State;

namespace Calls.StandIn.Rest;

/// <summary>Preferences of a user (mattermost-integration.md 7.1).</summary>
internal static class PreferenceRoutes
{
    public static void Map(ApiRoutes routes)
    {
        routes.Get("/users/{user_id}/preferences", ListAsync);
        routes.Put("/users/{user_id}/preferences", request => ChangeAsync(request, "preferences_changed", request.State.Preferences.Put));
        routes.Post("/users/{user_id}/preferences/delete", request => ChangeAsync(request, "preferences_deleted", request.State.Preferences.Remove));
        routes.Get("/users/{user_id}/preferences/{category}", ByCategoryAsync);
        routes.Get("/users/{user_id}/preferences/{category}/name/{name}", GetAsync);
    }

    private static Task ListAsync(ApiRequest request)
    {
        string userId = request.UserId();
        request.RequireEdit(userId);
        return request.JsonAsync(request.State.Preferences.OfUser(userId));
    }

    private static Task ByCategoryAsync(ApiRequest request)
    {
        string userId = request.UserId();
        request.RequireEdit(userId);
        IReadOnlyList<Preference> found = request.State.Preferences.OfUser(userId, request.Route("category"));
        return found.Count > 0 ? request.JsonAsync(found) : throw NotFound();
    }

    private static Task GetAsync(ApiRequest request)
    {
        string userId = request.UserId();
        request.RequireEdit(userId);
        return request.JsonAsync(request.State.Preferences.Get(userId, request.Route("category"), request.Route("name")) ?? throw NotFound());
    }

    private static async Task ChangeAsync(ApiRequest request, string eventName, Action<IEnumerable<Preference>> change)
    {
        string userId = request.UserId();
        request.RequireEdit(userId);
        JsonElement body = await request.BodyAsync("preferences", JsonValueKind.Array);
        var preferences = new List<Preference>();
        foreach (JsonElement item in body.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object || ApiRequest.Text(item, "user_id") != userId)
            {
                throw ApiException.Forbidden(Permission.EditOtherUsers);
            }

            preferences.Add(new Preference(userId, ApiRequest.Text(item, "category"), ApiRequest.Text(item, "name"), ApiRequest.Text(item, "value")));
        }

        change(preferences);
        request.Core.Hub.Publish(new WebSocketEvent(eventName, new JsonObject { ["preferences"] = Wire.ToText(preferences) }, Broadcast.ToUser(userId)));
        await request.OkAsync();
    }

    private static ApiException NotFound() => new(404, "app.preference.get.app_error", "We encountered an error while finding preferences.");
}
