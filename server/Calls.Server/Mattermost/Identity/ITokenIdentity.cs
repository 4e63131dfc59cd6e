namespace Calls.Server.Mattermost.Identity;

/// <summary>Asks Mattermost whose a token is.</summary>
internal interface ITokenIdentity
{
    /// <summary>Answers from a short cache where possible. Never throws but for cancellation.</summary>
    ValueTask<TokenIdentityAnswer> ResolveAsync(string token, CancellationToken cancellation);

    /// <summary>Asks anew and refreshes the cache.</summary>
    ValueTask<TokenIdentityAnswer> RevalidateAsync(string token, CancellationToken cancellation);
}
