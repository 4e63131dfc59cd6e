using Calls.Domain;
using Calls.Domain.Recovery;
using Calls.Server.Persistence;

namespace Calls.Server;

/// <summary>Brings the database up to date and takes up running calls before the first client; finishes work at the end.</summary>
internal sealed class CallsCoreLifetime(
    SqliteMigrations migrations, CallRecovery recovery, BackgroundTasks background, CallsCoreOptions options) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        migrations.Apply();
        await recovery.RunAsync(options.EndCallsOnStart, cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        background.Dispose();
        await background.WhenIdleAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
