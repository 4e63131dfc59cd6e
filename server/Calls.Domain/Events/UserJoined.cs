namespace Calls.Domain.Events;

/// <summary>A session was added.</summary>
public sealed record UserJoined(EventAudience Audience, UserId User, SessionId Session) : CallEvent(Audience);
