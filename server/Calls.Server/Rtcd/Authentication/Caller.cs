namespace Calls.Server.Rtcd.Authentication;

/// <summary>Who sent a request.</summary>
/// <param name="ClientId">Empty for the administrator.</param>
internal sealed record Caller(string ClientId, bool IsAdmin);
