namespace Calls.StandIn.State;

/// <summary>One preference of a user.</summary>
internal sealed record Preference(string UserId, string Category, string Name, string Value);
