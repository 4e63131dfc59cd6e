using Calls.Rtc;
using Calls.Rtc.Sfu.Statistics;

namespace Calls.Server.Observability.Metrics;

/// <summary>The metrics of a media server, the same for the plugin and for rtcd (rtcd.md 10, modes.md 20).</summary>
internal sealed class RtcMetrics : IRtcMeasurements, IMetricSource
{
    /// <summary>Groups are clients that an operator registered; more than this many are not told apart.</summary>
    private const int MaxGroups = 100;

    private readonly MetricLabel _group = MetricLabel.Capped("groupID", MaxGroups);
    private readonly CounterFamily _states;
    private readonly CounterFamily _errors;
    private readonly HistogramFamily _connectionTime;
    private readonly HistogramFamily _channelOpenTime;
    private readonly HistogramFamily _lockGrabTime;
    private readonly HistogramFamily _lockLockedTime;
    private readonly HistogramFamily _lossRate;
    private readonly HistogramFamily _roundTripTime;
    private readonly HistogramFamily _jitter;
    private readonly IMetricSource[] _families;
    private RtcServer? _server;

    public RtcMetrics()
    {
        _states = new("rtc_conn_states_total", "RTC connection state changes.", MetricLabel.Of("type", "connected", "disconnected", "failed", "closed"));
        _errors = new("rtc_errors_total", "RTC related errors.", _group, MetricLabel.Of("type", "ice", "signaling", "track"));
        _connectionTime = new("rtc_connection_time", "Seconds from the creation of a session to its connection.", Buckets.Durations, _group);
        _channelOpenTime = new("rtc_dc_open_time", "Seconds from the first answer to the open data channel.", Buckets.Durations, _group);
        _lockGrabTime = new("rtc_signaling_lock_grab_time", "Seconds waited for the signaling lock.", Buckets.Durations, _group);
        _lockLockedTime = new("rtc_signaling_lock_locked_time", "Seconds the signaling lock was held.", Buckets.Durations, _group);
        _lossRate = new("rtc_client_loss_rate", "Loss rate that clients report.", Buckets.Portions, _group);
        _roundTripTime = new("rtc_client_rtt", "Round-trip time that clients report, in seconds.", Buckets.Latencies, _group);
        _jitter = new("rtc_client_jitter", "Jitter that clients report, in seconds.", Buckets.Latencies, _group);
        _families = [_states, _errors, _connectionTime, _channelOpenTime, _lockGrabTime, _lockLockedTime, _lossRate, _roundTripTime, _jitter];
    }

    /// <summary>The server is asked for its state at each scrape. It is started after this, because it reports to this.</summary>
    public void Watch(RtcServer server) => _server = server;

    public void OnState(RtcConnectionState state) => _states.With(state switch
    {
        RtcConnectionState.Connected => "connected",
        RtcConnectionState.Disconnected => "disconnected",
        RtcConnectionState.Failed => "failed",
        _ => "closed",
    }).Add();

    public void OnError(string groupId, RtcErrorKind kind) => _errors.With(groupId, kind switch
    {
        RtcErrorKind.Ice => "ice",
        RtcErrorKind.Signaling => "signaling",
        _ => "track",
    }).Add();

    public void OnConnected(string groupId, TimeSpan sinceCreation) => _connectionTime.With(groupId).Observe(sinceCreation.TotalSeconds);

    public void OnDataChannelOpen(string groupId, TimeSpan sinceAnswer) => _channelOpenTime.With(groupId).Observe(sinceAnswer.TotalSeconds);

    public void OnLockTaken(string groupId, TimeSpan waited) => _lockGrabTime.With(groupId).Observe(waited.TotalSeconds);

    public void OnLockReleased(string groupId, TimeSpan held) => _lockLockedTime.With(groupId).Observe(held.TotalSeconds);

    public void OnQuality(string groupId, RtcQuality quality, double value) => (quality switch
    {
        RtcQuality.LossRate => _lossRate,
        RtcQuality.RoundTripTime => _roundTripTime,
        _ => _jitter,
    }).With(groupId).Observe(value);

    public void Write(MetricsWriter writer)
    {
        foreach (IMetricSource family in _families)
        {
            family.Write(writer);
        }

        if (_server is { } server)
        {
            WriteUsage(writer, server.ReadUsage());
            WriteTraffic(writer, server.Traffic);
            WriteTransport(writer, server);
            WriteLosses(writer, server);
        }
    }

    private void WriteUsage(MetricsWriter writer, IReadOnlyList<RtcGroupUsage> usage)
    {
        // Groups that are not told apart share a sample: a page must not have one twice.
        (string Group, RtcGroupUsage Usage)[] groups = [.. usage.Select(group => (MetricsWriter.Escape(_group.Admit(group.GroupId)), group))];
        writer.BeginFamily("rtc_sessions_total", "gauge", "Open RTC sessions.");
        foreach (IGrouping<string, (string Group, RtcGroupUsage Usage)> shown in groups.GroupBy(static group => group.Group, StringComparer.Ordinal))
        {
            writer.Sample(shown.Sum(static group => group.Usage.Sessions), $"groupID=\"{shown.Key}\"");
        }

        writer.BeginFamily("rtc_rtp_tracks_total", "gauge", "Live RTP tracks.");
        foreach (IGrouping<string, (string Group, RtcGroupUsage Usage)> shown in groups.GroupBy(static group => group.Group, StringComparer.Ordinal))
        {
            Write("in", shown.SelectMany(static group => group.Usage.TracksIn));
            Write("out", shown.SelectMany(static group => group.Usage.TracksOut));

            void Write(string direction, IEnumerable<KeyValuePair<string, int>> tracks)
            {
                foreach ((string mime, int count) in tracks.AggregateBy(static pair => pair.Key, 0, static (sum, pair) => sum + pair.Value))
                {
                    writer.Sample(count, $"groupID=\"{shown.Key}\",direction=\"{direction}\",type=\"{mime}\"");
                }
            }
        }
    }

    private void WriteTraffic(MetricsWriter writer, IReadOnlyList<RtcTraffic> traffic)
    {
        WriteWriteTimes(writer, traffic);
        RtcTraffic[] kinds = [.. traffic.GroupBy(static kind => kind.TrackType, StringComparer.Ordinal).Select(static kind => kind.Aggregate(Sum))];
        writer.BeginFamily("rtc_rtp_packets_total", "counter", "RTP packets forwarded.");
        foreach (RtcTraffic kind in kinds)
        {
            writer.Sample(kind.PacketsIn, $"direction=\"in\",type=\"{kind.TrackType}\"");
            writer.Sample(kind.PacketsOut, $"direction=\"out\",type=\"{kind.TrackType}\"");
        }

        writer.BeginFamily("rtc_rtp_bytes_total", "counter", "Bytes of RTP packets forwarded.");
        foreach (RtcTraffic kind in kinds)
        {
            writer.Sample(kind.BytesIn, $"direction=\"in\",type=\"{kind.TrackType}\"");
            writer.Sample(kind.BytesOut, $"direction=\"out\",type=\"{kind.TrackType}\"");
        }
    }

    private void WriteWriteTimes(MetricsWriter writer, IReadOnlyList<RtcTraffic> traffic)
    {
        writer.BeginFamily("rtc_rtp_tracks_writes_time", "histogram", "Seconds to write a packet to one receiver, of a sample.");

        // A camera's picture is counted as a screen's (rtcd.md 10).
        foreach (var shown in traffic.GroupBy(kind => (Group: _group.Admit(kind.GroupId), Type: kind.TrackType == "video" ? "screen" : kind.TrackType)))
        {
            RtcTraffic sum = shown.Aggregate(Sum);
            writer.Histogram($"groupID=\"{MetricsWriter.Escape(shown.Key.Group)}\",type=\"{shown.Key.Type}\"", RtcTraffic.WriteTimeBounds, sum.WriteTimes, sum.WriteSeconds);
        }
    }

    private static RtcTraffic Sum(RtcTraffic one, RtcTraffic other) => one with
    {
        PacketsIn = one.PacketsIn + other.PacketsIn,
        BytesIn = one.BytesIn + other.BytesIn,
        PacketsOut = one.PacketsOut + other.PacketsOut,
        BytesOut = one.BytesOut + other.BytesOut,
        WriteTimes = [.. one.WriteTimes.Zip(other.WriteTimes, static (first, second) => first + second)],
        WriteSeconds = one.WriteSeconds + other.WriteSeconds,
    };

    private static void WriteTransport(MetricsWriter writer, RtcServer server)
    {
        var counters = server.TransportCounters;
        writer.Gauge("rtc_calls_total", "Calls with media on this server.", server.CallCount);
        writer.BeginFamily("rtc_datagrams_total", "counter", "Datagrams of the media port.");
        writer.Sample(counters.Received, "direction=\"in\"");
        writer.Sample(counters.Sent, "direction=\"out\"");
        writer.BeginFamily("rtc_datagram_bytes_total", "counter", "Bytes of the media port.");
        writer.Sample(counters.ReceivedBytes, "direction=\"in\"");
        writer.Sample(counters.SentBytes, "direction=\"out\"");
        writer.BeginFamily("rtc_datagrams_dropped_total", "counter", "Datagrams dropped, by reason.");
        writer.Sample(counters.DroppedTooLong, "reason=\"too_long\"");
        writer.Sample(counters.DroppedUnknownProtocol, "reason=\"unknown_protocol\"");
        writer.Sample(counters.DroppedUnregistered, "reason=\"unregistered\"");
        writer.Sample(counters.DroppedForeignPath, "reason=\"foreign_path\"");
        writer.Sample(counters.DroppedSendBufferFull, "reason=\"send_buffer_full\"");
        writer.Sample(counters.SendErrors, "reason=\"send_error\"");
        writer.Sample(counters.ForwardsRefused, "reason=\"loop_queue_full\"");
        writer.Sample(counters.DroppedTcpBacklogFull, "reason=\"tcp_backlog_full\"");
        writer.Sample(counters.DroppedTcpClosed, "reason=\"tcp_closed\"");
        writer.Sample(counters.DroppedTcpHandOverFull, "reason=\"tcp_hand_over_full\"");
        writer.Gauge("rtc_tcp_connections", "TCP connections of the media port that are open.", server.TcpConnections);
        writer.Counter("rtc_tcp_accepted_total", "TCP connections of the media port that were taken.", counters.TcpAccepted);
        writer.BeginFamily("rtc_tcp_refused_total", "counter", "TCP connections of the media port that were refused or ended by the server, by reason.");
        writer.Sample(counters.TcpRefusedFromAddress, "reason=\"too_many_from_address\"");
        writer.Sample(counters.TcpRefusedTooMany, "reason=\"too_many\"");
        writer.Sample(counters.TcpClosedUnproven, "reason=\"no_check\"");
        writer.Sample(counters.TcpClosedFraming, "reason=\"framing\"");
        writer.Sample(counters.TcpClosedIdle, "reason=\"idle\"");
        writer.Sample(counters.TcpClosedSlow, "reason=\"slow\"");
        writer.Counter("rtc_faults_total", "Packets that met a defect of ours.", counters.HandlerFaults);
    }

    private static void WriteLosses(MetricsWriter writer, RtcServer server)
    {
        writer.BeginFamily("rtc_repairs_total", "counter", "Lost packets and what was done about them, by event.");
        writer.Sample(server.Count(LossCounter.RetransmissionsRequested), "event=\"asked_by_subscriber\"");
        writer.Sample(server.Count(LossCounter.Retransmissions), "event=\"sent_again\"");
        writer.Sample(server.Count(LossCounter.RetransmissionsUnavailable), "event=\"not_kept\"");
        writer.Sample(server.Count(LossCounter.RetransmissionsRefused), "event=\"asked_too_often\"");
        writer.Sample(server.Count(LossCounter.NackItemsDropped), "event=\"request_dropped\"");
        writer.Sample(server.Count(LossCounter.PacketsRequested), "event=\"asked_of_publisher\"");
        writer.Sample(server.Count(LossCounter.PacketsRecovered), "event=\"recovered\"");
        writer.Sample(server.Count(LossCounter.PacketsGivenUp), "event=\"given_up\"");
        writer.Sample(server.Count(LossCounter.PacketsRestored), "event=\"restored_from_redundancy\"");
        writer.Sample(server.Count(LossCounter.KeyFramesRequested), "event=\"key_frame_requested\"");

        WriteLinks(writer, "rtc_link_loss_rate", "Share of packets lost between two reports of a stream.", server.Uplink.Loss, server.Downlink.Loss);
        WriteLinks(writer, "rtc_link_jitter", "Jitter of a stream in seconds, by report.", server.Uplink.Jitter, server.Downlink.Jitter);
        WriteLinks(writer, "rtc_link_rtt", "Round-trip time in seconds, by report.", up: null, server.Downlink.RoundTrip);
    }

    private static void WriteLinks(MetricsWriter writer, string name, string help, Distribution? up, Distribution down)
    {
        writer.BeginFamily(name, "histogram", help);
        if (up is not null)
        {
            WriteDistribution(writer, up, "direction=\"in\"");
        }

        WriteDistribution(writer, down, "direction=\"out\"");
    }

    private static void WriteDistribution(MetricsWriter writer, Distribution distribution, string label)
    {
        long cumulative = 0;
        long[] counts = distribution.ReadCounts();
        for (int i = 0; i < counts.Length; i++)
        {
            cumulative += counts[i];
            double bound = i < distribution.Bounds.Count ? distribution.Bounds[i] : double.PositiveInfinity;
            writer.Sample(cumulative, $"{label},le=\"{MetricsWriter.Format(bound)}\"", "_bucket");
        }

        writer.Sample(distribution.Sum, label, "_sum");
        writer.Sample(cumulative, label, "_count");
    }
}
