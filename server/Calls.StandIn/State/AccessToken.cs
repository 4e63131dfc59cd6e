namespace Calls.StandIn.State;

/// <summary>A personal access token of a user or bot.</summary>
internal sealed record AccessToken(string Id, string Token, string UserId, string Description, bool IsActive = true)
{
    public override string ToString() => $"access token {Id}";
}
