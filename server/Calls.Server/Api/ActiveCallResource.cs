using Calls.Domain.Ports;

namespace Calls.Server.Api;

/// <summary><c>GET /calls/{channel_id}/active</c> (rest-api.md 3.7).</summary>
internal sealed class ActiveCallResource(ICallStore store, ChannelReaders readers) : IApiResource
{
    public void Map(ApiRoutes routes) => routes.Get($"/calls/{ApiRoutes.ChannelSegment}/active", GetAsync, FailureShape.Text);

    private async Task<ApiAnswer> GetAsync(ApiRequest request)
    {
        if (!await readers.ContainAsync(request.User, request.Channel, request.Aborted))
        {
            return ApiAnswer.Text(StatusCodes.Status403Forbidden, "Forbidden");
        }

        bool isActive = await store.GetActiveCallAsync(request.Channel, request.Aborted) is not null;
        return ApiAnswer.Resource(writer =>
        {
            writer.WriteStartObject();
            writer.WriteBoolean("active", isActive);
            writer.WriteEndObject();
        });
    }
}
