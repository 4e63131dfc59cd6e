namespace Calls.Domain.Ports;

/// <summary>What all calls of a site add up to. Throws <see cref="CallStoreException"/> when the store fails.</summary>
public interface ICallHistory
{
    /// <summary>Sums up everything; calls and recordings are counted by day from a first day on.</summary>
    /// <param name="since">UTC.</param>
    Task<CallHistory> ReadAsync(DateOnly since, CancellationToken cancellation);
}

/// <summary>Sums over all calls (storage-and-jobs.md 5). "Ended" calls are those with a duration.</summary>
/// <param name="Ended">Ended calls.</param>
/// <param name="Active">Calls that go on.</param>
/// <param name="ActiveSessions">Their sessions, those of bots included.</param>
/// <param name="ByDay">Ended calls by the day of their start.</param>
/// <param name="RecordingsByDay">Recordings with a duration, by the day of their start.</param>
/// <param name="ByChannelKind">Ended calls by kind of channel; kinds without any are left out.</param>
/// <param name="AverageSeconds">Average duration of ended calls.</param>
/// <param name="AverageParticipants">Of ended calls.</param>
/// <param name="AverageVideoSeconds">Participant seconds with a camera, per ended call that had any.</param>
/// <param name="TotalVideoSeconds">The sum of those.</param>
/// <param name="WithVideo">Calls, ended or not, in which a camera was on.</param>
/// <param name="WithScreen">Calls, ended or not, in which a screen was shared.</param>
public sealed record CallHistory(
    long Ended,
    long Active,
    long ActiveSessions,
    IReadOnlyDictionary<DateOnly, long> ByDay,
    IReadOnlyDictionary<DateOnly, long> RecordingsByDay,
    IReadOnlyDictionary<ChannelKind, long> ByChannelKind,
    long AverageSeconds,
    long AverageParticipants,
    long AverageVideoSeconds,
    long TotalVideoSeconds,
    long WithVideo,
    long WithScreen);
