using Calls.Domain.Jobs;

namespace Calls.Domain.Ports;

/// <summary>The service that runs recorders and transcribers (storage-and-jobs.md 6, 7).</summary>
public interface IJobService
{
    /// <summary>Whether it is connected and takes jobs. May try to connect, for a few seconds at most.</summary>
    Task<bool> IsReadyAsync(CancellationToken cancellation);

    /// <summary>Starts a worker; may take minutes, while an image is fetched.</summary>
    /// <returns>The service's own id of the job.</returns>
    /// <exception cref="JobServiceException">It was refused, or the service cannot be reached; the text says why.</exception>
    Task<string> StartAsync(JobOrder order, CancellationToken cancellation);
}

/// <summary>What a worker is started with.</summary>
/// <param name="Post">The call's post; recordings are of no use without it.</param>
/// <param name="WithCaptions">Whether a transcriber also speaks live captions.</param>
public sealed record JobOrder(JobKind Kind, JobId Id, ChannelId Channel, PostId? Post, bool WithCaptions);

/// <summary>A job could not be started.</summary>
public sealed class JobServiceException(string message, Exception? inner = null) : Exception(message, inner);
