namespace Calls.Domain.Events;

/// <summary>A description or candidate of the media side for a client.</summary>
public sealed record MediaSignal(EventAudience Audience, SessionId Session, ReadOnlyMemory<byte> Json) : CallEvent(Audience);
