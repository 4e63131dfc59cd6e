using System.Diagnostics;
using Calls.Domain.Invariants;

namespace Calls.Server.Observability.Metrics;

/// <summary>
/// The plugin's metrics (modes.md 10.1, 20), prefix <c>mattermost_plugin_calls_</c>. To add one: declare its family here as a property,
/// put it into <see cref="Families"/>, and count where it happens. What is only read at a scrape goes into an
/// <see cref="IMetricSource"/> of its own that is registered as a service.
/// </summary>
internal sealed class CallsMetrics : IMetricSource
{
    public const string Prefix = "mattermost_plugin_calls_";

    // Names from our own sources only: messages are counted after they were found in the table of handlers.
    private const int MaxNames = 100;

    public CounterFamily WebSocketEvents { get; } = new(
        "websocket_events_total", "Client messages in, and events out, one per publish.", MetricLabel.Of("direction", "in", "out"), MetricLabel.Capped("type", MaxNames));

    public HistogramFamily AppHandlersTime { get; } = new(
        "app_handlers_time", "Seconds to execute a handler.", Buckets.Durations, MetricLabel.Of("handler", "addUserSession", "removeUserSession", "getCallState"));

    public CounterFamily StoreOperations { get; } = new("store_ops_total", "Store operations.", MetricLabel.Capped("type", MaxNames));

    public HistogramFamily StoreMethodsTime { get; } = new("store_methods_time", "Seconds to execute a store method.", Buckets.Durations, MetricLabel.Capped("method", MaxNames));

    public HistogramFamily MutexGrabTime { get; } = new("cluster_mutex_grab_time", "Seconds to obtain a lock.", Buckets.Durations, MetricLabel.Of("group", "mutex_call"));

    public HistogramFamily MutexLockedTime { get; } = new("cluster_mutex_locked_time", "Seconds a lock was held.", Buckets.Durations, MetricLabel.Of("group", "mutex_call"));

    public CounterFamily MutexRetries { get; } = new("cluster_mutex_lock_retries_total", "Locks that were not free in time.", MetricLabel.Of("group", "mutex_call"));

    public HistogramFamily CaptionAudioMs { get; } = new("jobs_live_captions_new_audio_len_ms", "Milliseconds of new audio per caption.", Buckets.CaptionAudioMs);

    public CounterFamily CaptionWindowsDropped { get; } = new("jobs_live_captions_window_dropped", "Windows of audio that a transcriber dropped.");

    public CounterFamily CaptionTranscriberFull { get; } = new("jobs_live_captions_transcriber_buf_full", "Times that a transcriber's buffer was full.");

    public CounterFamily CaptionPacketsFull { get; } = new("jobs_live_captions_pktPayloadCh_buf_full", "Times that a transcriber's queue of packets was full.");

    public CounterFamily InvariantChecks { get; } = new("invariant_checks_total", "Calls that were checked against what must hold of every call.");

    public CounterFamily InvariantViolations { get; } = new(
        "invariant_violations_total", "What did not hold of a call that was checked.", MetricLabel.Of("invariant", Enum.GetNames<CallInvariant>()));

    public CounterFamily ClientIceCandidatePairs { get; } = new(
        "client_ice_candidate_pairs_total",
        "ICE candidate pairs that clients report.",
        MetricLabel.Of("state", "succeeded", "waiting", "in-progress", "froze", "failed"),
        MetricLabel.Of("local_type", "host", "srflx", "prflx", "relay"),
        MetricLabel.Of("local_protocol", "udp", "tcp"),
        MetricLabel.Of("remote_type", "host", "srflx", "prflx", "relay"),
        MetricLabel.Of("remote_protocol", "udp", "tcp"));

    /// <summary>In the order in which they are shown.</summary>
    private IMetricSource[] Families =>
    [
        WebSocketEvents, AppHandlersTime, StoreOperations, StoreMethodsTime, MutexGrabTime, MutexLockedTime, MutexRetries, InvariantChecks, InvariantViolations,
        CaptionAudioMs, CaptionWindowsDropped, CaptionTranscriberFull, CaptionPacketsFull, ClientIceCandidatePairs,
    ];

    public void Write(MetricsWriter writer)
    {
        foreach (IMetricSource family in Families)
        {
            family.Write(writer);
        }
    }

    /// <summary>Times <paramref name="work"/>, also when it fails.</summary>
    public static async Task<T> MeasureAsync<T>(Histogram histogram, Func<Task<T>> work)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            return await work();
        }
        finally
        {
            histogram.Observe(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
    }
}
