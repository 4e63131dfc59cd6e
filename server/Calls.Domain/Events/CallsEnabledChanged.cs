namespace Calls.Domain.Events;

/// <summary>Calls were switched on or off in a channel.</summary>
public sealed record CallsEnabledChanged(EventAudience Audience, bool IsEnabled) : CallEvent(Audience);
