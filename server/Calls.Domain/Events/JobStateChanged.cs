using Calls.Domain.Jobs;

namespace Calls.Domain.Events;

/// <summary>A recording, transcription or captioning job began, went on, or ended.</summary>
public sealed record JobStateChanged(EventAudience Audience, ChannelId Channel, CallJob Job) : CallEvent(Audience);
