namespace Calls.Server.Mattermost.Rest;

/// <summary>Who goes first when requests to Mattermost have to wait (mattermost-integration.md 7.7).</summary>
internal enum RestPriority
{
    Token,
    Permission,
    Post,
    Other,
}
