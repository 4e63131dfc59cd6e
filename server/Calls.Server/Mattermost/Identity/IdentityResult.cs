namespace Calls.Server.Mattermost.Identity;

/// <summary>What Mattermost says about a token (mattermost-integration.md 9.2).</summary>
public enum IdentityResult
{
    /// <summary>Valid, second factor included.</summary>
    Valid,

    /// <summary>No token, or one that is invalid, expired or owes its second factor.</summary>
    Unauthenticated,

    /// <summary>Mattermost could not be asked. Never to be treated as unauthenticated: mobile would log its user out.</summary>
    Unknown,
}
