namespace Calls.Domain.Events;

/// <summary>A reaction as the client described it; missing parts are empty.</summary>
public sealed record Emoji(string Name, string Skin, string Unified, string Literal);
