namespace Calls.Server.Api;

public enum IdentityStatus
{
    Known,

    /// <summary>No credentials, bad ones, or a failed CSRF check: 401.</summary>
    Anonymous,

    /// <summary>Mattermost could not be asked: 503, never 401, which logs mobile users out.</summary>
    Undecided,
}
