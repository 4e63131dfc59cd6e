using Calls.Domain;
using Calls.Domain.Ports;

namespace Calls.Server.Api;

/// <summary>Who sent a request, if it can be told (rest-api.md 1.3, 1.5).</summary>
/// <param name="User">Meaningful only for <see cref="IdentityStatus.Known"/>.</param>
public sealed record RequestIdentity(IdentityStatus Status, UserId User = default, HostAuth? Auth = null)
{
    public static RequestIdentity Anonymous { get; } = new(IdentityStatus.Anonymous);

    public static RequestIdentity Undecided { get; } = new(IdentityStatus.Undecided);

    public static RequestIdentity Known(UserId user, HostAuth auth) => new(IdentityStatus.Known, user, auth);
}
