namespace Calls.Domain.Events;

/// <summary>The host asks a session to stop sharing.</summary>
public sealed record HostScreenOffRequested(EventAudience Audience, ChannelId Channel, SessionId Session) : CallEvent(Audience);
