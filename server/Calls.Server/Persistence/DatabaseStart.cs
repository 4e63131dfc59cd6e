using Calls.Domain.Ports;

namespace Calls.Server.Persistence;

/// <summary>The first use of a database by a process.</summary>
internal static class DatabaseStart
{
    // PostgreSQL refuses connections while it recovers; an operator's mistake does not go away by waiting.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Brings it up to date.</summary>
    /// <returns>What was applied, in order.</returns>
    /// <exception cref="IOException">It cannot be used; the text says why and what to do.</exception>
    public static async Task<IReadOnlyList<Migration>> MigrateAsync(ICallsDatabase database, CancellationToken cancellation)
    {
        long end = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (true)
        {
            try
            {
                return await database.MigrateAsync(cancellation);
            }
            catch (Exception failure) when (PostgresFailure.IsStartingUp(failure) && Environment.TickCount64 < end)
            {
                await Task.Delay(Pause, cancellation);
            }
            catch (Exception failure) when (failure is not IOException { InnerException: null } && database.Translate(StoreOperation.Read, failure) is not null)
            {
                throw new IOException(database.Explain(failure), failure);
            }
        }
    }
}
