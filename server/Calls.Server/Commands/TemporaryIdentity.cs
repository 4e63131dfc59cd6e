using Calls.Server.Api;
using Calls.Server.Mattermost.Identity;

namespace Calls.Server.Commands;

internal sealed class TemporaryIdentity(Mattermost.Identity.RequestIdentity inner) : IRequestIdentity
{
    public async ValueTask<Api.RequestIdentity> ResolveAsync(HttpContext context, CancellationToken cancellation)
    {
        var (result, user, auth) = await inner.ResolveAsync(context);
        return result switch { IdentityResult.Valid => Api.RequestIdentity.Known(user, auth!), IdentityResult.Unknown => Api.RequestIdentity.Undecided, _ => Api.RequestIdentity.Anonymous };
    }
}
