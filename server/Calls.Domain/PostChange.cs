namespace Calls.Domain;

/// <summary>What is to change in a post: its message, and the props named here.</summary>
public sealed record PostChange(string Message, IReadOnlyDictionary<string, object?> Props);
