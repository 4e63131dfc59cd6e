namespace Calls.Domain.Events;

/// <summary>A call began.</summary>
public sealed record CallStarted(EventAudience Audience, CallState Call) : CallEvent(Audience);
