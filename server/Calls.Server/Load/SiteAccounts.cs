namespace Calls.Server.Load;

/// <summary>Who drives the load: users that are registered if they are not there, and an administrator who finds the channels.</summary>
/// <param name="Team">Its name; empty = the first there is.</param>
internal sealed record SiteAccounts(string AdminName, string AdminPassword, string UserPrefix, string UserPassword, string Team)
{
    /// <summary>Never shows a password.</summary>
    public override string ToString() => $"{AdminName}, {UserPrefix}*";
}
