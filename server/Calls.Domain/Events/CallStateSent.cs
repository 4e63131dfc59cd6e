namespace Calls.Domain.Events;

/// <summary>The full state of a call, as one user may see it.</summary>
public sealed record CallStateSent(EventAudience Audience, CallState Call, UserId Receiver) : CallEvent(Audience);
