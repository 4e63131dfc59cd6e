namespace Calls.Domain.Events;

/// <summary>A connection has its session and may set up media.</summary>
public sealed record JoinAccepted(EventAudience Audience, SessionId Session) : CallEvent(Audience);
