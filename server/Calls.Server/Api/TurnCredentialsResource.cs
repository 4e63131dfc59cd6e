using Calls.Domain.Ports;
using Calls.Server.Configuration;

namespace Calls.Server.Api;

/// <summary><c>GET /turn-credentials</c> (rest-api.md 3.11).</summary>
internal sealed class TurnCredentialsResource(CurrentCallsSettings settings, IChatHost host, TimeProvider time) : IApiResource
{
    public void Map(ApiRoutes routes) => routes.Get("/turn-credentials", GetAsync);

    private async Task<ApiAnswer> GetAsync(ApiRequest request)
    {
        CallsSettings current = settings.Value;
        if (current.TURNStaticAuthSecret.Length == 0)
        {
            return ApiAnswer.Envelope(StatusCodes.Status403Forbidden, "TURNStaticAuthSecret should be set");
        }

        IceServer[] servers = [.. current.ICEServersConfigs.Where(server => server.NeedsCredentials)];
        if (servers.Length == 0)
        {
            return ApiAnswer.Envelope(StatusCodes.Status403Forbidden, "No TURN server was configured");
        }

        ChatUser? user = await host.GetUserAsync(request.User, request.Aborted);
        TurnCredentials? credentials = TurnCredentials.TryCreate(
            user?.Username ?? string.Empty,
            current.TURNStaticAuthSecret,
            TimeSpan.FromMinutes(current.TURNCredentialsExpirationMinutes),
            time.GetUtcNow(),
            out string problem);
        if (credentials is null)
        {
            return ApiAnswer.Envelope(StatusCodes.Status500InternalServerError, problem);
        }

        return ApiAnswer.Resource(writer =>
        {
            writer.WriteStartArray();
            foreach (IceServer server in servers)
            {
                writer.WriteStartObject();
                writer.WriteStartArray("urls");
                foreach (string url in server.Urls)
                {
                    writer.WriteStringValue(url);
                }

                writer.WriteEndArray();
                writer.WriteString("username", credentials.Username);
                writer.WriteString("credential", credentials.Credential);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        });
    }
}
