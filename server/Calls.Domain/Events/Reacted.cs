namespace Calls.Domain.Events;

/// <summary>A participant reacted.</summary>
public sealed record Reacted(EventAudience Audience, UserId User, SessionId Session, Emoji Emoji, long At) : CallEvent(Audience);
