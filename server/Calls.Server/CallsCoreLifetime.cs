using Calls.Domain;
using Calls.Domain.Invariants;
using Calls.Domain.Recovery;
using Calls.Server.Persistence;

namespace Calls.Server;

/// <summary>Brings the database up to date and takes up running calls before the first client; finishes work at the end.</summary>
/// <remarks>A database that cannot be used ends the start with an <see cref="IOException"/> that says what to do.</remarks>
internal sealed class CallsCoreLifetime(
    ICallsDatabase database, CallRecovery recovery, CallAudit audit, BackgroundTasks background, CallsCoreOptions options) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await DatabaseStart.MigrateAsync(database, cancellationToken);
        await recovery.RunAsync(options.EndCallsOnStart, cancellationToken);
        audit.SampleLater();
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        background.Dispose();
        await background.WhenIdleAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
