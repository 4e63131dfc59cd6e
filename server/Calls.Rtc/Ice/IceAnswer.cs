namespace Calls.Rtc.Ice;

/// <summary>What handling an authenticated check led to.</summary>
/// <param name="Length">Bytes of the answer to send to the check's source.</param>
/// <param name="Changes">What the owner of the agent must react to.</param>
public readonly record struct IceAnswer(int Length, IceChanges Changes);
