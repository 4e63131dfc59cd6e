using Calls.Domain.Ports;
using Calls.Server.Configuration;

namespace Calls.Server.Api.Bot;

/// <summary>What requests of recorder and transcriber pass: only the bots, with gating a licence for recordings, and no rate limit (rest-api.md 1.4, 4).</summary>
internal sealed class BotGate(IRequestIdentity identities, IChatHost host, CurrentCallsSettings settings, ApiGate gate)
{
    public async Task RunAsync(HttpContext context, Func<ApiRequest, Task<ApiAnswer>> handler)
    {
        RequestIdentity identity = await identities.ResolveAsync(context, context.RequestAborted);
        ApiAnswer answer = identity.Status switch
        {

            // Who the bots are is not known yet: a worker that outlived us must not take it for a refusal.
            IdentityStatus.Known when host.BotUserId.Value.Length == 0 => ApiAnswer.Text(StatusCodes.Status503ServiceUnavailable, "Service Unavailable"),
            IdentityStatus.Known when !host.Bots.Contains(identity.User) || !settings.Value.Licensed.Recordings => ApiAnswer.Text(StatusCodes.Status403Forbidden, "Forbidden"),
            IdentityStatus.Known => await gate.HandleAsync(new ApiRequest(context, identity.User), FailureShape.Envelope, handler),
            IdentityStatus.Undecided => ApiAnswer.Text(StatusCodes.Status503ServiceUnavailable, "Service Unavailable"),
            _ => ApiAnswer.Text(StatusCodes.Status401Unauthorized, "Unauthorized"),
        };
        await answer.WriteAsync(context.Response);
    }
}
