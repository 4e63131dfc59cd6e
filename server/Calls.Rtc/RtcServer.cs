using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Calls.Rtc.Dtls;
using Calls.Rtc.Ice;
using Calls.Rtc.Sessions;
using Calls.Rtc.Sfu;
using Calls.Rtc.Sfu.Statistics;
using Calls.Rtc.Stun;
using Calls.Rtc.Transport;
using SupportedCodecs = Calls.Rtc.Sdp.SupportedCodecs;

namespace Calls.Rtc;

/// <summary>The media server: every session on one UDP and one TCP port, each packet forwarded by the loop that received it.</summary>
public sealed class RtcServer : IRtcServer, IDatagramHandler, ISessionHost, IAsyncDisposable
{
    /// <summary>How long a certificate serves new sessions (DEV-5).</summary>
    private static readonly TimeSpan CertificateLife = TimeSpan.FromDays(1);

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(2);

    private readonly RtcServerOptions _options;
    private readonly IRtcEvents _events;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, RtcSession> _sessions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<UInt128, RtcSession> _byUfrag = new();
    private readonly Dictionary<(string Group, string Call), RtcCall> _calls = [];
    private readonly Lock _callsGate = new();
    private readonly DeadlineQueue _deadlines;
    private readonly MediaTransport _transport;
    private readonly List<RtcSession>[] _owned;
    private readonly long[] _checks = new long[Enum.GetValues<CheckResult>().Length];
    private readonly long[] _errors = new long[Enum.GetValues<RtcErrorKind>().Length];
    private readonly OfferedCandidates _offered;
    private readonly TrafficTotals _traffic = new();
    private readonly LossCounters _losses = new();
    private SessionEnvironment _environment;
    private DateTimeOffset _certificateMadeAt;
    private TaskCompletionSource? _drained;
    private bool _isStopping;

    private RtcServer(RtcServerOptions options, IRtcEvents events, TimeProvider time, CandidateSources sources)
    {
        _options = options;
        _events = events;
        _time = time;
        Ntp = new(time.GetUtcNow(), MonotonicTime.NowMs(time));
        _deadlines = new(time);
        _transport = MediaTransport.Open(TransportOptions(options, time, sources), this);
        _owned = [.. _transport.Loops.Select(static _ => new List<RtcSession>())];
        _offered = new(
            sources with { UdpPort = _transport.Port, TcpPort = TcpPort ?? 0 }, Dns.GetHostAddressesAsync, options.EnableIPv6, time, options.Log);
        _environment = CreateEnvironment();
    }

    /// <summary>The UDP port that was opened.</summary>
    public int Port => _transport.Port;

    /// <summary>The TCP port that was opened; <c>null</c> without ICE-TCP.</summary>
    public int? TcpPort => _transport.TcpEndPoints.Count == 0 ? null : _transport.TcpEndPoints[0].Port;

    /// <summary>UDP addresses and ports that clients are told, most preferred first: for the operator.</summary>
    public IReadOnlyList<string> AdvertisedAddresses => [.. _offered.Candidates.Where(static candidate => !candidate.IsTcp).Select(static candidate => candidate.EndPoint)];

    /// <summary>The same for TCP.</summary>
    public IReadOnlyList<string> AdvertisedTcpAddresses => [.. _offered.Candidates.Where(static candidate => candidate.IsTcp).Select(static candidate => candidate.EndPoint)];

    /// <summary>TCP connections open at present.</summary>
    public int TcpConnections => _transport.Connections;

    /// <summary>What is counted about lost packets and their repair, over all sessions.</summary>
    public long Count(LossCounter counter) => _losses.Read(counter);

    /// <summary>What we report of the packets that clients send, over all sessions.</summary>
    public LinkQuality Uplink => _losses.Uplink;

    /// <summary>What clients report of the packets that are sent to them, over all sessions.</summary>
    public LinkQuality Downlink => _losses.Downlink;

    /// <summary>What the loops received, sent and dropped.</summary>
    public TransportCounters TransportCounters => _transport.ReadCounters();

    /// <summary>What was forwarded since the start, by kind of track.</summary>
    public IReadOnlyList<RtcTraffic> Traffic => _traffic.Read();

    /// <summary>Threads that receive and forward, each with sockets of its own.</summary>
    public int LoopCount => _transport.Loops.Count;

    /// <summary>What each socket was granted to hold incoming and outgoing packets, and what was asked for, in bytes.</summary>
    public (int Receive, int Send, int Wanted) SocketBuffers
    {
        get
        {
            // Linux reports twice what it granted (socket(7)).
            int share = OperatingSystem.IsLinux() ? 2 : 1;
            return (_transport.ReceiveBufferBytes / share, _transport.SendBufferBytes / share, MediaTransportOptions.DefaultSocketBufferBytes);
        }
    }

    public int SessionCount => _sessions.Count;

    public int CallCount
    {
        get
        {
            lock (_callsGate)
            {
                return _calls.Count;
            }
        }
    }

    long ISessionHost.NowMs => MonotonicTime.NowMs(_time);

    NtpClock ISessionHost.Ntp => Ntp;

    LossCounters ISessionHost.Losses => _losses;

    DeadlineQueue ISessionHost.Deadlines => _deadlines;

    IRtcEvents ISessionHost.Events => _events;

    IRtcMeasurements? ISessionHost.Measurements => _options.Measurements;

    TrafficTotals ISessionHost.Traffic => _traffic;

    Action<IThreadPoolWorkItem>? ISessionHost.Schedule => _options.Driver?.Schedule;

    /// <summary>For tests that turn them themselves.</summary>
    internal IReadOnlyList<MediaLoop> Loops => _transport.Loops;

    private NtpClock Ntp { get; }

    /// <summary>
    /// Loads the one library that is not part of .NET. Call it before anything else: without that library the cryptography of .NET
    /// ends the process, without a word of advice.
    /// </summary>
    /// <exception cref="RtcException">It is not installed; the text says how to install it.</exception>
    public static void RequireLibraries()
    {
        try
        {
            OpenSslLibrary.EnsureLoaded();
        }
        catch (DllNotFoundException missing)
        {
            throw new RtcException(missing.Message);
        }
    }

    /// <summary>Opens the port and starts the loops.</summary>
    /// <exception cref="RtcException">It cannot; the text says why and what to do.</exception>
    public static async Task<RtcServer> StartAsync(RtcServerOptions options, IRtcEvents events, TimeProvider time, CancellationToken cancellation)
    {
        if (NackBufferSize.Validate(options.NackBufferSize) is { } refusal)
        {
            throw new RtcException(refusal);
        }

        (CandidateSources sources, IReadOnlyList<InterfaceAddress> interfaces) = AddressGathering.Choose(options);
        if (sources.HostOverride is null)
        {
            sources = sources with { DiscoveredAddresses = await AddressGathering.DiscoverAsync(options, sources, time, cancellation).ConfigureAwait(false) };
        }

        var server = new RtcServer(options, events, time, sources);
        await server._offered.RefreshAsync().ConfigureAwait(false);
        if (options.Driver is null)
        {
            server._transport.Start();
        }

        server.LogAddresses(interfaces);
        return server;
    }

    public void InitSession(RtcSessionConfig config)
    {
        Validate(config);
        if (Volatile.Read(ref _isStopping))
        {
            throw new RtcException("the media server is stopping");
        }

        if (_offered.Failure is { } failure)
        {
            throw new RtcException(failure);
        }

        while (true)
        {
            RtcCall call = FindOrAddCall(config);
            var session = new RtcSession(config, call, this, CurrentEnvironment());
            if (!_sessions.TryAdd(config.SessionId, session))
            {
                session.PostClose(RtcCloseReason.Requested); // never known to anyone: its end is not reported
                throw new RtcException("failed to add session: user session already exists");
            }

            if (call.TryAdd(session))
            {
                return;
            }

            _sessions.TryRemove(new(config.SessionId, session)); // the call ended in between: the next round makes a new one
        }
    }

    public void CloseSession(string sessionId)
    {
        if (_sessions.TryGetValue(sessionId, out RtcSession? session))
        {
            session.PostClose(RtcCloseReason.Requested);
        }
    }

    public bool Send(string sessionId, RtcMessageType type, ReadOnlyMemory<byte> data = default) =>
        _sessions.TryGetValue(sessionId, out RtcSession? session) && session.TryPostMessage(type, data);

    internal RtcSession? FindSession(string sessionId) => _sessions.GetValueOrDefault(sessionId);

    public IReadOnlyList<RtcSessionConfig> GetSessions(string groupId, string callId)
    {
        lock (_callsGate)
        {
            return _calls.TryGetValue((groupId, callId), out RtcCall? call) ? call.Sessions : [];
        }
    }

    /// <summary>What each group has at the moment; groups without sessions are not listed.</summary>
    public IReadOnlyList<RtcGroupUsage> ReadUsage() =>
        [.. _sessions.Values.GroupBy(static session => session.Config.GroupId, StringComparer.Ordinal).Select(static group => new RtcGroupUsage(
            group.Key,
            group.Count(),
            CountByMime(group.SelectMany(static session => session.Participant.Tracks).Select(static track => track.Codec)),
            CountByMime(group.SelectMany(static session => session.Participant.Forwarders).Select(static forwarder => forwarder.Track!.Codec))))];

    public TimeSpan? SilentFor(string sessionId) =>
        _sessions.TryGetValue(sessionId, out RtcSession? session)
            ? TimeSpan.FromMilliseconds(Math.Max(0, MonotonicTime.NowMs(_time) - session.LastAuthenticatedMs))
            : null;

    /// <summary>How many candidates and unusable messages a session's client has sent; zeros for an unknown session.</summary>
    public (int Candidates, int Refused) SignalingCounts(string sessionId) =>
        _sessions.TryGetValue(sessionId, out RtcSession? session) ? session.SignalingCounts : default;

    /// <summary>How many failures of this kind there were since the start, over all sessions.</summary>
    public long ErrorCount(RtcErrorKind error) => Interlocked.Read(ref _errors[(int)error]);

    /// <summary>How many STUN datagrams had this result.</summary>
    internal long Count(CheckResult result) => Interlocked.Read(ref _checks[(int)result]);

    /// <summary>Ends all sessions, then the loops; the port is free afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _isStopping, true);
        foreach (RtcSession session in _sessions.Values)
        {
            session.PostClose(RtcCloseReason.ServerStopped);
        }

        if (!_sessions.IsEmpty)
        {
            await Task.WhenAny(_drained.Task, Task.Delay(StopLimit, _time)).ConfigureAwait(false);
        }

        _transport.Dispose();
        _offered.Dispose();
        _deadlines.Dispose();
        _environment.Dtls.Dispose();
    }

    bool IDatagramHandler.OnStun(MediaLoop loop, Span<byte> datagram, in DatagramSource source, long nowMs)
    {
        CheckResult result = CheckResult.Malformed;
        if (StunMessageView.TryParse(datagram, out StunMessageView check) && check.TrySplitUsername(out ReadOnlySpan<byte> ufrag, out _))
        {
            result = IceCredentials.TryGetKey(ufrag, out UInt128 key) && _byUfrag.TryGetValue(key, out RtcSession? session)
                ? session.OnCheck(loop, check, source, nowMs)
                : CheckResult.NoSession;
        }

        Interlocked.Increment(ref _checks[(int)result]);

        // A session that is not known yet may be by the next check: signaling and media come on different ways (media.md 1.4).
        return result is CheckResult.Answered or CheckResult.NoSession;
    }

    void IDatagramHandler.OnPathClosed(MediaLoop loop, TransportPath path, object session, long nowMs) =>
        ((RtcSession)session).OnPathClosed(path);

    void IDatagramHandler.OnDtls(MediaLoop loop, Span<byte> datagram, TransportPath path, object session, long nowMs) =>
        ((RtcSession)session).OnDtls(datagram);

    void IDatagramHandler.OnRtp(MediaLoop loop, Span<byte> datagram, TransportPath path, object session, long nowMs)
    {
        var owned = (RtcSession)session;
        MediaLoop? owner = owned.Owner;
        if (owner == loop)
        {
            owned.Participant.ReceiveRtp(datagram, nowMs, loop);
        }
        else
        {
            owner?.TryForward(PacketKind.Rtp, datagram, path, session);
        }
    }

    void IDatagramHandler.OnRtcp(MediaLoop loop, Span<byte> datagram, TransportPath path, object session, long nowMs)
    {
        var owned = (RtcSession)session;
        MediaLoop? owner = owned.Owner;
        if (owner == loop)
        {
            owned.Participant.ReceiveRtcp(datagram, nowMs, loop);
        }
        else
        {
            owner?.TryForward(PacketKind.Rtcp, datagram, path, session);
        }
    }

    bool IDatagramHandler.OnTick(MediaLoop loop, long nowMs)
    {
        bool isPunctual = false;
        List<RtcSession> sessions = _owned[loop.Index];
        for (int i = sessions.Count - 1; i >= 0; i--)
        {
            RtcSession session = sessions[i];
            if (session.IsClosed)
            {
                sessions.RemoveAt(i);
                session.ReleaseMedia(loop);
            }
            else
            {
                session.Participant.Tick(nowMs, loop);
                isPunctual |= session.Participant.HasVideo;
            }
        }

        return isPunctual;
    }

    void IDatagramHandler.OnWake(MediaLoop loop, long nowMs)
    {
        foreach (RtcSession session in _owned[loop.Index])
        {
            session.Participant.Pace(nowMs, loop);
        }
    }

    MediaLoop ISessionHost.Loop(int index) => _transport.Loops[index];

    void ISessionHost.Own(MediaLoop loop, RtcSession session) => _owned[loop.Index].Add(session);

    void ISessionHost.Disown(MediaLoop loop, RtcSession session) => _owned[loop.Index].Remove(session);

    void ISessionHost.AddCredentials(IceCredentials credentials, RtcSession session)
    {
        if (IceCredentials.TryGetKey(credentials.UfragBytes.Span, out UInt128 key))
        {
            _byUfrag[key] = session;
        }
    }

    void ISessionHost.RemoveCredentials(IceCredentials credentials)
    {
        if (IceCredentials.TryGetKey(credentials.UfragBytes.Span, out UInt128 key))
        {
            _byUfrag.TryRemove(key, out _);
        }
    }

    void ISessionHost.Count(RtcErrorKind error) => Interlocked.Increment(ref _errors[(int)error]);

    void ISessionHost.OnClosed(RtcSession session, RtcCloseReason reason)
    {
        if (session.Call.IsOver)
        {
            lock (_callsGate)
            {
                var key = (session.Config.GroupId, session.Config.CallId);
                if (_calls.TryGetValue(key, out RtcCall? call) && call == session.Call)
                {
                    _calls.Remove(key);
                }
            }
        }

        // A session that lost against one of its name was never known to anyone.
        if (!_sessions.TryRemove(new(session.Config.SessionId, session)))
        {
            return;
        }

        _events.OnSessionClosed(session.Config, reason);
        if (_isStopping && _sessions.IsEmpty)
        {
            _drained?.TrySetResult();
        }
    }

    private static Dictionary<string, int> CountByMime(IEnumerable<RtpCodec> codecs) =>
        codecs.CountBy(static codec => codec.MimeType()).ToDictionary();

    private static void Validate(RtcSessionConfig config)
    {
        Require(config.GroupId, "GroupID");
        Require(config.CallId, "CallID");
        Require(config.UserId, "UserID");
        Require(config.SessionId, "SessionID");

        static void Require(string value, string field)
        {
            if (value.Length == 0)
            {
                throw new RtcException($"invalid session config: invalid {field} value: should not be empty");
            }
        }
    }

    private static MediaTransportOptions TransportOptions(RtcServerOptions options, TimeProvider time, CandidateSources sources)
    {
        var transport = new MediaTransportOptions
        {
            LocalAddresses = sources.UdpAddresses,
            Port = options.UdpPort,
            TcpAddresses = sources.TcpAddresses,
            TcpPort = options.TcpPort ?? 0,
            Tcp = options.TcpLimits,
            TickMs = 20,
            TickSlackMs = 30,
            NowMs = () => MonotonicTime.NowMs(time),
            Sockets = options.Driver?.Sockets,
            Listeners = options.Driver?.Listeners,
            OnFault = fault => options.Log?.Invoke($"a packet met a defect: {fault.GetType().Name} at {fault.StackTrace?.Split('\n')[0].Trim()}"),
        };
        return options.Loops is { } loops ? transport with { LoopCount = loops } : transport;
    }

    private void LogAddresses(IReadOnlyList<InterfaceAddress> interfaces)
    {
        if (_options.Log is not { } log)
        {
            return;
        }

        string tcp = TcpPort is null ? "no TCP" : $"TCP {string.Join(", ", _transport.TcpEndPoints)}";
        string tcpAdvertised = AdvertisedTcpAddresses.Count == 0 ? "" : $" and TCP {string.Join(", ", AdvertisedTcpAddresses)}";
        log($"media on UDP {string.Join(", ", _transport.LocalEndPoints)} and {tcp}, advertised as UDP {string.Join(", ", AdvertisedAddresses)}{tcpAdvertised}, "
            + $"{_transport.Loops.Count} loops, socket buffers {_transport.ReceiveBufferBytes / 1024} KiB in and {_transport.SendBufferBytes / 1024} KiB out");
        string[] bridges = [.. interfaces
            .Where(entry => entry.IsContainerBridge && entry.Address.AddressFamily == AddressFamily.InterNetwork && !_transport.LocalEndPoints.Any(end => end.Address.Equals(entry.Address)))
            .Select(static entry => $"{entry.Address} ({entry.Interface})")];
        if (bridges.Length > 0)
        {
            log($"not served, as only this machine's own containers reach them: {string.Join(", ", bridges)}");
        }
    }

    private RtcCall FindOrAddCall(RtcSessionConfig config)
    {
        lock (_callsGate)
        {
            if (!_calls.TryGetValue((config.GroupId, config.CallId), out RtcCall? call) || call.IsOver)
            {
                call = _calls[(config.GroupId, config.CallId)] = new();
            }

            return call;
        }
    }

    /// <summary>What sessions of today share. An old certificate lives on in the sessions that were made with it.</summary>
    private SessionEnvironment CurrentEnvironment()
    {
        lock (_callsGate)
        {
            if (_time.GetUtcNow() - _certificateMadeAt >= CertificateLife)
            {
                _environment = CreateEnvironment();
            }

            return _environment with { Candidates = _offered.Candidates, OriginSessionId = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) >> 2 };
        }
    }

    private SessionEnvironment CreateEnvironment()
    {
        _certificateMadeAt = _time.GetUtcNow();
        using var certificate = DtlsCertificate.Create(_certificateMadeAt);
        return new(new DtlsContext(certificate), Candidates: [], OriginSessionId: 0, _options.DtlsActive)
        {
            Codecs = _options.AcceptRed ? SupportedCodecs.WithRtxAndRed : SupportedCodecs.WithRtx,
            NackHistory = NackBufferSize.Packets(_options.NackBufferSize),
        };
    }
}
