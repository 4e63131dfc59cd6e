namespace Calls.Domain.Events;

/// <summary>Something that happened in a call, addressed to those who are to know.</summary>
public abstract record CallEvent(EventAudience Audience);
