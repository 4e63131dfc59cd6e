using System.Text.Json.Nodes;
using Calls.StandIn.Chat;
using Calls.StandIn.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Calls.StandIn.Rest;

/// <summary>Registers endpoints below <c>/api/v4</c>: resolves the session, checks CSRF and MFA, turns refusals into error objects.</summary>
internal sealed class ApiRoutes(IEndpointRouteBuilder routes, MattermostCore core)
{
    public const string Prefix = "/api/v4";

    public void Get(string path, Func<ApiRequest, Task> handler, Access access = Access.Session) => Map("GET", path, handler, access);

    public void Post(string path, Func<ApiRequest, Task> handler, Access access = Access.Session) => Map("POST", path, handler, access);

    public void Put(string path, Func<ApiRequest, Task> handler, Access access = Access.Session) => Map("PUT", path, handler, access);

    public void Delete(string path, Func<ApiRequest, Task> handler, Access access = Access.Session) => Map("DELETE", path, handler, access);

    /// <summary>Writes an error object with the request's id; its detail only in developer mode.</summary>
    public static Task WriteErrorAsync(HttpContext http, ApiException error, ServerState state)
    {
        http.Response.StatusCode = error.Status;
        http.Response.ContentType = "application/json";
        return http.Response.Body.WriteAsync(ErrorBody(http, error, state), http.RequestAborted).AsTask();
    }

    public static byte[] ErrorBody(HttpContext http, ApiException error, ServerState state) => Wire.ToUtf8<JsonNode>(new JsonObject
    {
        ["id"] = error.Id,
        ["message"] = error.Message,
        ["detailed_error"] = state.Settings.Current.Bool("ServiceSettings", "EnableDeveloper") ? error.Detail : "",
        ["request_id"] = http.TraceIdentifier,
        ["status_code"] = error.Status,
    });

    private void Map(string method, string path, Func<ApiRequest, Task> handler, Access access) =>
        routes.MapMethods(Prefix + path, [method], http => HandleAsync(http, handler, access));

    private async Task HandleAsync(HttpContext http, Func<ApiRequest, Task> handler, Access access)
    {
        try
        {
            Session? session = Resolve(http, access);
            if (access == Access.Session)
            {
                if (session is null)
                {
                    throw ApiException.SessionExpired("UserRequired");
                }

                // Exactly this path lets a user look at himself before he has set MFA up.
                if (core.State.Permissions.OwesMfa(session) && http.Request.Path != $"{Prefix}/users/me")
                {
                    throw new ApiException(403, "api.context.mfa_required.app_error", "Multi-factor authentication is required on this server.");
                }
            }

            await handler(new ApiRequest(http, core, session));
        }
        catch (ApiException error)
        {
            await WriteErrorAsync(http, error, core.State);
        }
    }

    private Session? Resolve(HttpContext http, Access access)
    {
        RequestToken token = RequestToken.Of(http.Request);
        if (token.Location == TokenLocation.None)
        {
            return null;
        }

        Session? session = core.State.Sessions.Resolve(token.Value);
        if (session is null)
        {
            return access == Access.Session ? throw ApiException.SessionExpired("token=") : null;
        }

        if (token.Location == TokenLocation.Query && !session.IsOAuth)
        {
            throw new ApiException(401, "api.context.token_provided.app_error", "Session is not OAuth but token was provided in the query string.");
        }

        if (token.Location == TokenLocation.Cookie && access != Access.AnyoneTrusted && http.Request.Method != "GET" && !PassesCsrf(http, session))
        {
            throw ApiException.SessionExpired("token= Appears to be a CSRF attempt");
        }

        return session;
    }

    private bool PassesCsrf(HttpContext http, Session session)
    {
        if (http.Request.Headers["X-CSRF-Token"] == session.Csrf)
        {
            return true;
        }

        return http.Request.Headers.XRequestedWith == "XMLHttpRequest"
            && !core.State.Settings.Current.Bool("ServiceSettings", "ExperimentalStrictCSRFEnforcement");
    }
}
