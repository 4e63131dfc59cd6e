namespace Calls.Domain.Events;

/// <summary>Another user is host; nobody if only the bot remains.</summary>
public sealed record HostChanged(EventAudience Audience, CallId Call, UserId? Host) : CallEvent(Audience);
