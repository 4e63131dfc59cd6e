using Calls.Domain.Jobs;

namespace Calls.Domain.Events;

/// <summary>The worker of a job is to finish; nobody else hears of it.</summary>
public sealed record JobStopRequested(EventAudience Audience, JobId Job) : CallEvent(Audience);
