namespace Calls.Domain.Events;

/// <summary>A hand went up (Unix milliseconds) or down (0).</summary>
public sealed record HandChanged(EventAudience Audience, UserId User, SessionId Session, long RaisedAt) : CallEvent(Audience);
