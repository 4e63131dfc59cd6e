namespace Calls.Server.Jobs;

/// <summary>
/// Connects to the job service at the start, when recordings are switched on, and when it comes back, so that the first recording
/// finds its image there.
/// </summary>
internal sealed class JobServiceWatch(JobService service, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                service.ConnectIfWanted();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }
}
