using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Events;
using Calls.Domain.Ports;
using Calls.Server.Configuration;
using Calls.Server.Signaling;

namespace Calls.Server.Api;

/// <summary><c>GET</c> and <c>POST /{channel_id}</c>: the state of Calls in a channel, and its switch (rest-api.md 3.4, 3.5).</summary>
internal sealed class ChannelResource(
    ICallStore store, ChannelReaders readers, IChatHost host, CallDirectory directory, CurrentCallsSettings settings) : IApiResource
{
    private const string Forbidden = "Forbidden";

    public void Map(ApiRoutes routes)
    {
        routes.Get("/" + ApiRoutes.ChannelSegment, GetAsync, FailureShape.Text);
        routes.Post("/" + ApiRoutes.ChannelSegment, PostAsync);
    }

    private async Task<ApiAnswer> GetAsync(ApiRequest request)
    {
        ChannelId channel = request.Channel;
        if (!await readers.ContainAsync(request.User, channel, request.Aborted))
        {
            return ApiAnswer.Text(StatusCodes.Status403Forbidden, Forbidden);
        }

        CallsChannel? setting = await store.GetChannelAsync(channel, request.Aborted);
        CallState? call = await store.GetActiveCallAsync(channel, request.Aborted);
        return ApiAnswer.Resource(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("channel_id", channel.Value);
            writer.WriteBoolean("enabled", setting?.IsEnabled ?? settings.Value.DefaultEnabled);
            if (call is not null)
            {
                writer.WritePropertyName("call");
                CallStateDocument.Write(writer, call, request.User, host.Bots);
            }
            else
            {
                WriteProps(writer, setting?.PropsJson);
            }

            writer.WriteEndObject();
        });
    }

    private async Task<ApiAnswer> PostAsync(ApiRequest request)
    {
        ChannelId channel = request.Channel;
        if (await RefuseAsync(request.User, channel, request.Aborted) is { } reason)
        {
            return ApiAnswer.Envelope(StatusCodes.Status403Forbidden, reason);
        }

        (RequestBody? body, string problem) = await RequestBody.ReadAsync(request.Context.Request);
        if (body is null)
        {
            return ApiAnswer.Envelope(StatusCodes.Status400BadRequest, problem);
        }

        if (!body.TryGetBool("enabled", out bool isEnabled))
        {
            return ApiAnswer.Envelope(StatusCodes.Status400BadRequest, RequestBody.WrongType("enabled"));
        }

        if (!body.TryGetObject("props", out string props))
        {
            return ApiAnswer.Envelope(StatusCodes.Status400BadRequest, RequestBody.WrongType("props"));
        }

        await store.PutChannelAsync(new CallsChannel(channel, isEnabled, props), request.Aborted);
        directory.Publish(new CallsEnabledChanged(new EventAudience.OfChannel(channel), isEnabled));
        return ApiAnswer.Resource(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("channel_id", channel.Value);
            writer.WriteBoolean("enabled", isEnabled);
            WriteProps(writer, props);
            writer.WriteEndObject();
        });
    }

    // Administrators always; nobody else in test mode; then channel and team administrators, and the parties of a direct message.
    private async Task<string?> RefuseAsync(UserId user, ChannelId channel, CancellationToken cancellation)
    {
        if (await host.IsSystemAdminAsync(user, cancellation))
        {
            return null;
        }

        if (!settings.Value.DefaultEnabled)
        {
            return Forbidden;
        }

        try
        {
            if (await host.GetChannelAsync(channel, cancellation) is not { } found)
            {
                return "Unable to find the existing channel.";
            }

            if (await host.HasChannelPermissionAsync(user, channel, ChannelPermission.ManageChannel, cancellation))
            {
                return null;
            }

            bool isDirect = found.Kind is ChannelKind.Direct or ChannelKind.Group;
            return isDirect && await host.HasChannelPermissionAsync(user, channel, ChannelPermission.CreatePost, cancellation)
                ? null
                : Forbidden;
        }
        catch (ChatHostException failure)
        {
            return failure.Message;
        }
    }

    private static void WriteProps(Utf8JsonWriter writer, string? json)
    {
        if (json is null or "null" or "{}")
        {
            return;
        }

        writer.WritePropertyName("props");
        writer.WriteRawValue(json);
    }
}
