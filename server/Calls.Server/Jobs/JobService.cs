using Calls.Domain.Jobs;
using Calls.Domain.Ports;
using Calls.Server.Configuration;

namespace Calls.Server.Jobs;

/// <summary>
/// The connection to the job service (storage-and-jobs.md 8): made once recordings are on, and again when its settings changed or
/// the last attempt failed. Thread-safe.
/// </summary>
internal sealed partial class JobService(
    CurrentCallsSettings settings,
    JobServiceOptions options,
    IJobSite site,
    IServiceCredentialStore credentials,
    TimeProvider time,
    ILogger<JobService> log) : IJobService, IDisposable
{
    private const long RoomForRecordings = 1L << 30;

    // How long a request waits for the connection; the attempt itself goes on.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        ActivityHeadersPropagator = null,
    });

    private Attempt? _attempt;
    private string? _toldReason;
    private int _isDisposed;

    public async Task<bool> IsReadyAsync(CancellationToken cancellation)
    {
        Attempt attempt = Current();
        try
        {
            return await attempt.Connecting.WaitAsync(Patience, time, cancellation) is not null;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    public async Task<string> StartAsync(JobOrder order, CancellationToken cancellation)
    {
        CallsSettings current = settings.Value;
        OffloaderClient client = await Current().Connecting.WaitAsync(cancellation)
            ?? throw new JobServiceException("the job service is not connected");
        OffloaderJob job = order.Kind switch
        {
            JobKind.Recording => new(
                "recording",
                JobRunners.OfManifest.Recorder(options.ImageRegistry),
                TimeSpan.FromMinutes(current.MaxRecordingDuration),
                JobInput.ForRecorder(order, current, options, site.SiteUrl)),

            // Transcribing takes longer than what it transcribes.
            JobKind.Transcription => new(
                "transcribing",
                JobRunners.OfManifest.Transcriber(options.ImageRegistry),
                TimeSpan.FromMinutes(2 * current.MaxRecordingDuration),
                JobInput.ForTranscriber(order, current, options, site.SiteUrl)),
            _ => throw new ArgumentOutOfRangeException(nameof(order), order.Kind, null),
        };
        try
        {
            return await client.CreateJobAsync(job, cancellation);
        }
        catch (OffloaderException failure)
        {
            throw new JobServiceException(failure.Message, failure);
        }
    }

    /// <summary>Connects in the background if recordings are on and there is no connection.</summary>
    public void ConnectIfWanted()
    {
        if (settings.Value is { EnableRecordings: true, Licensed.Recordings: true })
        {
            Current();
        }
    }

    public void Dispose()
    {
        // The container owns it under two names.
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
        {
            return;
        }

        _stopped.Cancel();
        _http.Dispose();
        _stopped.Dispose();
    }

    private Attempt Current()
    {
        CallsSettings current = settings.Value;
        (string Url, bool Transcribes) key = (current.JobServiceURL, current.EnableTranscriptions);
        lock (_gate)
        {
            bool isUsable = _attempt is { } last && last.Key == key
                && (!last.Connecting.IsCompletedSuccessfully || last.Connecting.Result is not null || time.GetElapsedTime(last.Since) < Pause);
            if (!isUsable)
            {
                _attempt = new Attempt(key, time.GetTimestamp(), Task.Run(() => ConnectAsync(key.Url, key.Transcribes, _stopped.Token)));
            }

            return _attempt!;
        }
    }

    private async Task<OffloaderClient?> ConnectAsync(string url, bool transcribes, CancellationToken cancellation)
    {
        try
        {
            OffloaderAccess access = OffloaderAccess.Parse(url) ?? throw new OffloaderException("JobServiceURL is not an http or https URL");
            ServiceCredentials chosen = await access.ChooseAsync(
                options, credentials, () => site.GetDiagnosticIdAsync(cancellation), cancellation);
            var client = new OffloaderClient(_http, chosen, time);
            JobRunners runners = JobRunners.OfManifest;
            if (ServiceVersion.Check(await client.GetVersionAsync(cancellation), runners.MinServiceVersion) is { } tooOld)
            {
                throw new OffloaderException(tooOld);
            }

            string[] images = transcribes
                ? [runners.Recorder(options.ImageRegistry), runners.Transcriber(options.ImageRegistry)]
                : [runners.Recorder(options.ImageRegistry)];
            await client.InitAsync(images, cancellation);
            Interlocked.Exchange(ref _toldReason, null);
            LogConnected(access.Url);
            if (options.IsServiceBot)
            {
                LogSharedToken();
            }

            await WarnOfSmallFilesAsync(cancellation);
            return client;
        }
        catch (Exception failure) when (failure is OffloaderException or ChatHostException or CallStoreException or CallLockException)
        {
            // Once for each reason: this goes on for as long as it is away.
            if (failure.Message != Interlocked.Exchange(ref _toldReason, failure.Message))
            {
                LogNotConnected(failure.Message);
            }

            return null;
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or ObjectDisposedException)
        {
            return null;
        }
    }

    private async Task WarnOfSmallFilesAsync(CancellationToken cancellation)
    {
        try
        {
            long max = await site.GetMaxFileSizeAsync(cancellation);
            if (max < RoomForRecordings)
            {
                LogSmallFiles(max >> 20);
            }
        }
        catch (ChatHostException)
        {
            // A warning that cannot be given now is not worth a failure.
        }
    }

    [LoggerMessage(4001, LogLevel.Information, "The job service at {Url} takes recordings.")]
    private partial void LogConnected(string url);

    [LoggerMessage(4002, LogLevel.Warning, "failed to initialize job service: {Reason}. Recordings cannot be started until it answers; it is asked again every 30 s.")]
    private partial void LogNotConnected(string reason);

    [LoggerMessage(4003, LogLevel.Warning, "Mattermost takes files of up to {MaxMegabytes} MiB, so longer recordings will be lost: raise FileSettings.MaxFileSize to 1 GiB or more.")]
    private partial void LogSmallFiles(long maxMegabytes);

    [LoggerMessage(4004, LogLevel.Warning, "Recorder and transcriber get the service bot's token, which may do everything in Mattermost: make a second bot without the role system_admin and give its token as JobsBotToken.")]
    private partial void LogSharedToken();

    private sealed record Attempt((string Url, bool Transcribes) Key, long Since, Task<OffloaderClient?> Connecting);
}
