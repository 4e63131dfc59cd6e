namespace Calls.Domain.Events;

/// <summary>The host asks a session to lower its hand.</summary>
public sealed record HostLowerHandRequested(EventAudience Audience, CallId Call, ChannelId Channel, SessionId Session, UserId Requester) : CallEvent(Audience);
