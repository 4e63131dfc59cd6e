namespace Calls.StandIn.State;

/// <summary>The installed licence, as far as the client licence shows it.</summary>
internal sealed record License(string SkuShortName, bool IsCloud, bool HasLdap, bool HasIdLoadedPush);
