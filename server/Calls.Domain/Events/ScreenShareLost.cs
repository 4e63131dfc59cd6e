namespace Calls.Domain.Events;

/// <summary>The sharing session is gone; names neither user nor session (signaling.md 4.2).</summary>
public sealed record ScreenShareLost(EventAudience Audience) : CallEvent(Audience);
