using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Signaling;

namespace Calls.Server.Api;

/// <summary><c>GET /channels</c>: settings and running calls of the caller's channels (rest-api.md 3.6).</summary>
internal sealed class ChannelsResource(ICallStore store, IChatHost host) : IApiResource
{
    public void Map(ApiRoutes routes) => routes.Get("/channels", GetAsync, FailureShape.Text);

    private async Task<ApiAnswer> GetAsync(ApiRequest request)
    {
        HashSet<ChannelId> memberships = [.. await host.GetChannelsOfUserAsync(request.User, request.Aborted)];
        IReadOnlyList<CallsChannel> settings =
            await VisibleAsync(await store.GetChannelsAsync(request.Aborted), row => row.Channel, memberships, request);
        IReadOnlyList<CallState> running =
            await VisibleAsync(await store.GetActiveCallsAsync(request.Aborted), call => call.Channel, memberships, request);

        // Two active calls of one channel are not ours; the newest comes first and counts.
        Dictionary<ChannelId, CallState> calls = [];
        foreach (CallState call in running)
        {
            calls.TryAdd(call.Channel, call);
        }

        return ApiAnswer.Resource(writer =>
        {
            writer.WriteStartArray();
            foreach (CallsChannel setting in settings)
            {
                calls.Remove(setting.Channel, out CallState? call);
                WriteItem(writer, setting.Channel, setting.IsEnabled ?? false, call, request.User);
            }

            foreach (CallState call in calls.Values)
            {
                // Mobile tells a missing flag from a false one.
                WriteItem(writer, call.Channel, isEnabled: null, call, request.User);
            }

            writer.WriteEndArray();
        });
    }

    private async Task<IReadOnlyList<T>> VisibleAsync<T>(
        IReadOnlyList<T> items, Func<T, ChannelId> channelOf, HashSet<ChannelId> memberships, ApiRequest request)
    {
        List<T> visible = [];
        foreach (T item in items)
        {
            ChannelId channel = channelOf(item);
            if (memberships.Contains(channel)
                && await host.HasChannelPermissionAsync(request.User, channel, ChannelPermission.ReadChannel, request.Aborted))
            {
                visible.Add(item);
            }
        }

        return visible;
    }

    private void WriteItem(Utf8JsonWriter writer, ChannelId channel, bool? isEnabled, CallState? call, UserId user)
    {
        writer.WriteStartObject();
        writer.WriteString("channel_id", channel.Value);
        if (isEnabled is { } known)
        {
            writer.WriteBoolean("enabled", known);
        }

        if (call is not null)
        {
            writer.WritePropertyName("call");
            CallStateDocument.Write(writer, call, user, host.Bots);
        }

        writer.WriteEndObject();
    }
}
