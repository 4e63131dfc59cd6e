namespace Calls.Domain.Events;

/// <summary>The host asks a session to leave.</summary>
public sealed record HostRemovedSession(EventAudience Audience, CallId Call, ChannelId Channel, UserId User, SessionId Session) : CallEvent(Audience);
