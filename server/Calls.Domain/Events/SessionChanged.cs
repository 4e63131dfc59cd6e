namespace Calls.Domain.Events;

/// <summary>A session switched something on or off.</summary>
public sealed record SessionChanged(EventAudience Audience, SessionChange Change, UserId User, SessionId Session) : CallEvent(Audience);
