namespace Calls.Domain.Events;

/// <summary>The transcriber heard somebody say something.</summary>
public sealed record CaptionSpoken(EventAudience Audience, ChannelId Channel, UserId User, SessionId Session, string Text) : CallEvent(Audience);
