namespace Calls.Domain.Events;

/// <summary>A session is gone.</summary>
public sealed record UserLeft(EventAudience Audience, ChannelId Channel, UserId User, SessionId Session) : CallEvent(Audience);
