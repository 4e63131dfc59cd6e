namespace Calls.Domain.Events;

/// <summary>The host asks a session to mute itself.</summary>
public sealed record HostMuteRequested(EventAudience Audience, ChannelId Channel, SessionId Session) : CallEvent(Audience);
