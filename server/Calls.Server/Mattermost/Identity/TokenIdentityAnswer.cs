using Calls.Domain;

namespace Calls.Server.Mattermost.Identity;

/// <summary>Whose a token is; the user only counts if it is <see cref="IdentityResult.Valid"/>.</summary>
internal readonly record struct TokenIdentityAnswer(IdentityResult Result, UserId User)
{
    public static TokenIdentityAnswer Unauthenticated { get; } = new(IdentityResult.Unauthenticated, new UserId(""));

    public static TokenIdentityAnswer Unknown { get; } = new(IdentityResult.Unknown, new UserId(""));
}
