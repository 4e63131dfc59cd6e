namespace Calls.Server.Signaling;

/// <summary>What became of a client's message. Problems are logged and never told to the client (signaling.md 3.1).</summary>
/// <param name="Problem"><c>null</c> if it was done.</param>
internal readonly record struct MessageOutcome(string? Problem)
{
    public static MessageOutcome Done => default;

    public static MessageOutcome Rejected(string problem) => new(problem);
}
