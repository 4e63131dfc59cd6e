using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Api;
using Calls.Server.Api.Commands;
using Calls.Server.Mattermost.Proxy;
using Calls.Server.Mattermost.Rest;
using Microsoft.AspNetCore.Http.Features;

namespace Calls.Server.Mattermost.Commands;

/// <summary>
/// Answers <c>/call</c> on its way to Mattermost, so that it works in every team at once (mattermost-integration.md 3.17). Every
/// other command passes.
/// </summary>
internal sealed class CommandInterception(ReverseProxy proxy, IRequestIdentity identities, IChatHost host, CallCommand command)
{
    // Mattermost's own limit for JSON is 300 000 bytes.
    private const int MaxBytes = 300_000;

    /// <summary><c>POST /api/v4/commands/execute</c>.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = MaxBytes;
        context.Request.EnableBuffering(MaxBytes);
        JsonElement body;
        try
        {
            body = await TryReadAsync(context);
        }
        catch (BadHttpRequestException)
        {
            context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return;
        }

        context.Request.Body.Position = 0;
        string line = body.Text("command").Trim();
        var channel = new ChannelId(body.Text("channel_id"));
        if (!IsOurs(line) || !RandomId.IsValid(channel.Value) || await FindUserAsync(context, channel) is not { } user)
        {
            await proxy.ForwardAsync(context);
            return;
        }

        string text = await command.ExecuteAsync(
            new CallCommandUse(user, channel, body.Text("team_id"), $"/{CallCommand.Trigger}{line[(CallCommand.Trigger.Length + 1)..]}"), context.RequestAborted);
        if (text.Length > 0)
        {
            PostId? root = body.Text("root_id") is { Length: > 0 } id ? new PostId(id) : null;
            try
            {
                await host.SendEphemeralPostAsync(user, channel, text, root, context.RequestAborted);
            }
            catch (ChatHostException)
            {
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                return;
            }
        }

        await CommandAnswer.WriteAsync(context.Response, text);
    }

    // Mattermost compares triggers without regard to case.
    private static bool IsOurs(string line) =>
        line.StartsWith("/" + CallCommand.Trigger, StringComparison.OrdinalIgnoreCase)
        && (line.Length == CallCommand.Trigger.Length + 1 || char.IsWhiteSpace(line[CallCommand.Trigger.Length + 1]));

    /// <summary>The user, if he is known and may post in the channel. Everybody else gets Mattermost's own refusal.</summary>
    private async Task<UserId?> FindUserAsync(HttpContext context, ChannelId channel)
    {
        RequestIdentity identity = await identities.ResolveAsync(context, context.RequestAborted);
        try
        {
            return identity.Status == IdentityStatus.Known
                && await host.HasChannelPermissionAsync(identity.User, channel, ChannelPermission.CreatePost, context.RequestAborted)
                    ? identity.User
                    : null;
        }
        catch (ChatHostException)
        {
            return null;
        }
    }

    private static async Task<JsonElement> TryReadAsync(HttpContext context)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body, cancellationToken: context.RequestAborted);
        }
        catch (JsonException)
        {
            return default;
        }
    }
}
