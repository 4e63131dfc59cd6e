using Calls.Domain.Ports;
using Calls.Server.Configuration;

namespace Calls.Server.Api;

/// <summary><c>GET /env</c>: the settings that the System Console cannot change, as they were given (rest-api.md 3.3).</summary>
internal sealed class EnvResource(CurrentCallsSettings settings, IChatHost host) : IApiResource
{
    public void Map(ApiRoutes routes) => routes.Get("/env", GetAsync, FailureShape.ErrorObject);

    private async Task<ApiAnswer> GetAsync(ApiRequest request)
    {
        if (!await host.IsSystemAdminAsync(request.User, request.Aborted))
        {
            return ApiAnswer.Text(StatusCodes.Status403Forbidden, "Forbidden");
        }

        return ApiAnswer.Resource(writer =>
        {
            writer.WriteStartObject();
            foreach ((string key, string text) in settings.Overrides)
            {
                writer.WriteString(key, text);
            }

            writer.WriteEndObject();
        });
    }
}
