using Calls.Domain;
using Calls.Server.Api.Commands;
using Microsoft.AspNetCore.Http.Features;

namespace Calls.Server.Mattermost.Commands;

/// <summary>What Mattermost calls when somebody types <c>/call</c> (mattermost-integration.md 7.5).</summary>
internal sealed class CommandCallback(CommandRegistration registration, CallCommand command)
{
    private const int MaxBytes = 512 * 1024;

    public async Task HandleAsync(HttpContext context)
    {
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = MaxBytes;
        if (!context.Request.HasFormContentType)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        IFormCollection form;
        try
        {
            form = await context.Request.ReadFormAsync(context.RequestAborted);
        }
        catch (Exception malformed) when (malformed is InvalidDataException or BadHttpRequestException)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        // With the token the rest of the form can be believed.
        if (!registration.Knows(form["token"].ToString()))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        var use = new CallCommandUse(
            new UserId(form["user_id"].ToString()),
            new ChannelId(form["channel_id"].ToString()),
            form["team_id"].ToString(),
            $"/{CallCommand.Trigger} {form["text"]}");
        string text = await command.ExecuteAsync(use, context.RequestAborted);
        await CommandAnswer.WriteAsync(context.Response, text);
    }
}
