namespace Calls.Domain.Ports;

/// <summary>Keeps the credentials for other services, so that they are made once (modes.md 16, storage-and-jobs.md 8).</summary>
public interface IServiceCredentialStore
{
    /// <summary>Reads, decides and writes as one step: two nodes that start together agree on one pair.</summary>
    /// <param name="service"><c>rtcd</c> or <c>jobs</c>.</param>
    /// <param name="choose">Takes what is stored, or <c>null</c>; gives what is to be used. Must not wait for anything.</param>
    /// <returns>What was chosen, after it was stored.</returns>
    /// <exception cref="CallStoreException">The store failed.</exception>
    Task<ServiceCredentials> AgreeAsync(
        string service, Func<ServiceCredentials?, ServiceCredentials> choose, CancellationToken cancellation);
}
