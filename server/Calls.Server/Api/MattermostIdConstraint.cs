using Calls.Domain;

namespace Calls.Server.Api;

/// <summary>Matches exactly the ids that Mattermost makes.</summary>
internal sealed class MattermostIdConstraint : IRouteConstraint
{
    public const string Name = "mattermostid";

    public bool Match(
        HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        values[routeKey] is string id && RandomId.IsValid(id);
}
