using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.StandIn.Chat;
using Calls.StandIn.State;

namespace Calls.StandIn.Rest;

/// <summary>Health, configuration, licence and roles (mattermost-integration.md 7.2, 7.4).</summary>
internal static class SystemRoutes
{
    private const int MaxRoleNames = 100;

    public static void Map(ApiRoutes routes)
    {
        routes.Get("/system/ping", PingAsync, Access.Anyone);
        routes.Get("/config", ConfigAsync);
        routes.Put("/config/patch", PatchConfigAsync);
        routes.Get("/config/client", ClientConfigAsync, Access.Anyone);
        routes.Get("/license/client", ClientLicenseAsync, Access.Anyone);
        routes.Post("/roles/names", RolesByNamesAsync);
        routes.Get("/roles/name/{name}", RoleByNameAsync);
        routes.Put("/roles/{role_id}/patch", PatchRoleAsync);
    }

    private static Task PingAsync(ApiRequest request) => request.JsonAsync(new JsonObject
    {
        ["ActiveSearchBackend"] = "database",
        ["AndroidLatestVersion"] = "",
        ["AndroidMinVersion"] = "",
        ["IosLatestVersion"] = "",
        ["IosMinVersion"] = "",
        ["status"] = "OK",
    });

    private static Task ConfigAsync(ApiRequest request)
    {
        request.RequireSystem(Permission.SysconsoleReadPlugins);
        request.Http.Response.Headers.CacheControl = "no-cache, no-store, must-revalidate";
        return request.JsonAsync(request.Core.Administration.ReadConfig());
    }

    private static async Task PatchConfigAsync(ApiRequest request)
    {
        JsonElement patch = await request.BodyAsync("config");
        request.RequireSystem(Permission.ManageSystem);
        request.Core.Administration.PatchConfig(patch);
        await request.JsonAsync(request.Core.Administration.ReadConfig());
    }

    private static Task ClientConfigAsync(ApiRequest request) => request.JsonAsync(ClientConfig.Build(request.State, isLimited: request.OptionalSession is null));

    private static Task ClientLicenseAsync(ApiRequest request) => request.JsonAsync(request.State.License.ToClientLicense());

    private static async Task RolesByNamesAsync(ApiRequest request)
    {
        IReadOnlyList<string> names = ApiRequest.Strings(await request.BodyAsync("rolenames", JsonValueKind.Array), "rolenames");
        if (names.Count == 0)
        {
            throw ApiException.InvalidBody("rolenames");
        }

        if (names.Count > MaxRoleNames)
        {
            throw new ApiException(400, "api.roles.get_multiple_by_name_too_many.request_error", $"Unable to get that many roles by name. Only {MaxRoleNames} roles can be requested at once.");
        }

        await request.JsonAsync(names.Distinct().Select(request.State.Roles.GetByName).OfType<Role>().ToList());
    }

    private static Task RoleByNameAsync(ApiRequest request) => request.JsonAsync(
        request.State.Roles.GetByName(request.Route("name")) ?? throw new ApiException(404, "app.role.get_by_name.app_error", "Unable to get role."));

    private static async Task PatchRoleAsync(ApiRequest request)
    {
        Role role = request.State.Roles.Get(request.Id("role_id")) ?? throw new ApiException(404, "app.role.get.app_error", "Unable to get role.");
        JsonElement body = await request.BodyAsync("role");
        request.RequireSystem(Permission.ManageSystem);
        if (!body.TryGetProperty("permissions", out JsonElement permissions) || permissions.ValueKind != JsonValueKind.Array)
        {
            throw ApiException.InvalidBody("permissions");
        }

        await request.JsonAsync(request.Core.Administration.SetRolePermissions(role.Name, ApiRequest.Strings(permissions, "permissions")));
    }
}
