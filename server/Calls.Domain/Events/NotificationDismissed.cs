namespace Calls.Domain.Events;

/// <summary>A user does not want to be rung for this call any more.</summary>
public sealed record NotificationDismissed(EventAudience Audience, CallId Call, UserId User) : CallEvent(Audience);
