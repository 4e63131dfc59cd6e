namespace Calls.Domain.Events;

/// <summary>The host wants everybody to leave.</summary>
public sealed record CallEndRequested(EventAudience Audience) : CallEvent(Audience);
