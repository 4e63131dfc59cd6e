namespace Calls.Domain.Invariants;

/// <summary>An invariant that does not hold.</summary>
/// <param name="Session">The session it does not hold for; <c>null</c> = the call as a whole.</param>
public sealed record CallViolation(CallInvariant Invariant, ChannelId Channel, SessionId? Session = null);
