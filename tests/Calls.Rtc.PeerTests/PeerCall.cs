using System.Net;
using System.Text;
using Calls.Rtc.Client;
using Calls.Rtc.Dtls;
using Calls.Rtc.Sdp;
using Calls.Rtc.Transport;

namespace Calls.Rtc.PeerTests;

/// <summary>Real clients and a whole real server, on one thread, an emulated network and virtual time.</summary>
internal sealed class PeerCall : IRtcEvents, IDisposable
{
    public const int SpeechMs = 20;

    private const int LoopCount = 2;

    private readonly VirtualTime _time = new();
    private readonly DtlsCertificate _certificate;
    private readonly DtlsContext _clientDtls;
    private readonly RtcServer _server;
    private readonly EmulatedSockets[] _sockets;
    private readonly Queue<IThreadPoolWorkItem> _mailboxes = new();
    private readonly Dictionary<string, ServerPeer> _servers = [];
    private readonly Dictionary<string, ClientPeer> _clients = [];
    private readonly Dictionary<TransportAddress, ClientPeer> _byAddress = [];
    private readonly PriorityQueue<Action, (long DueMs, long Order)> _later = new();
    private readonly List<string> _faults = [];
    private int _joined;
    private long _order;
    private long _nextSpeechMs;

    /// <param name="configure">Changes how the server is set up.</param>
    public PeerCall(int seed = 1, bool dtlsActive = false, Func<RtcServerOptions, RtcServerOptions>? configure = null)
    {
        Network = new(seed);
        _sockets = [.. Enumerable.Range(0, LoopCount).Select(_ => new EmulatedSockets(this))];
        _certificate = DtlsCertificate.Create(_time.GetUtcNow());
        _clientDtls = new(_certificate);
        var options = new RtcServerOptions
        {
            ListenAddresses = [ServerAddress.ToEndPoint().Address],
            UdpPort = ServerAddress.Port,
            TcpPort = TcpAddress.Port,
            DtlsActive = dtlsActive,
            Loops = LoopCount,
            Log = Note,
            Driver = new(index => _sockets[index], _mailboxes.Enqueue, index => [_sockets[index].Listener]),
        };
        _server = RtcServer.StartAsync(configure?.Invoke(options) ?? options, this, _time, CancellationToken.None).GetAwaiter().GetResult();
    }

    public static TransportAddress ServerAddress { get; } = TransportAddress.From(new(IPAddress.Parse("192.0.2.1"), 8443));

    /// <summary>Where clients connect to.</summary>
    public static TransportAddress TcpAddress { get; } = ServerAddress with { IsTcp = true };

    public EmulatedNetwork Network { get; }

    /// <summary>Bytes of TCP connections are held back from now on, both ways.</summary>
    public bool BlocksTcp { get; set; }

    public RtcServer Rtc => _server;

    public long NowMs => _time.NowMs;

    /// <summary>One-way delay of signaling, in milliseconds.</summary>
    public int SignalingDelayMs { get; set; } = 5;

    /// <summary>Each message of a client comes a second time after so many milliseconds; 0 = once.</summary>
    public int SignalRepeatMs { get; set; }

    /// <summary>Whatever clients send reaches the server, wherever it was sent to: an overridden address leads through a router.</summary>
    public bool Reroutes { get; set; }

    /// <summary>Looks at each message of signaling: <c>null</c> loses it, another text takes its place.</summary>
    public Func<string, bool, string, string?>? SignalFilter { get; set; }

    /// <summary>Called from within the server as it hands a message over to signaling.</summary>
    public Action<string, string>? OnSaid { get; set; }

    /// <summary>All addresses that the server answered a check of.</summary>
    public HashSet<TransportAddress> Answered { get; } = [];

    /// <summary>How often a session's mailbox was run.</summary>
    public long MailboxTurns { get; private set; }

    public int PublishedTracks => _servers.Values.Sum(static peer => peer.Participant.Tracks.Count);

    public ServerPeer Server(ClientPeer client) => _servers[client.Session];

    /// <summary>A session whose client has not offered yet.</summary>
    public ClientPeer Create(
        string session, bool dcSignaling = false, bool usesLock = true, ClientProfile? profile = null, DtlsContext? dtls = null, bool usesTcp = false,
        bool av1 = false)
    {
        var options = new RtcClientOptions(dtls ?? _clientDtls, _time.GetUtcNow(), NowMs)
        {
            UsesDataChannelSignaling = dcSignaling,
            UsesLock = usesLock,
            Profile = profile ?? ClientProfile.Chromium,
            UsesTcp = usesTcp,
        };
        _server.InitSession(new("group", "call", "user", session, Av1Support: av1, DcSignaling: dcSignaling));
        _servers[session] = new(_server.FindSession(session)!);
        return _clients[session] = new(this, session, TransportAddress.From(new(IPAddress.Parse("198.51.100.1"), 20_000 + _joined++)), options);
    }

    /// <summary>A client that has sent its first offer.</summary>
    public ClientPeer Join(string session, bool dcSignaling = false, bool usesLock = true, ClientProfile? profile = null, bool av1 = false)
    {
        ClientPeer client = Create(session, dcSignaling, usesLock, profile, av1: av1);
        client.Rtc.Start(NowMs);
        return client;
    }

    /// <summary>Joins and waits until the data channel is open.</summary>
    public ClientPeer JoinAndConnect(string session, bool dcSignaling = false, bool usesLock = true, ClientProfile? profile = null, bool av1 = false)
    {
        ClientPeer client = Join(session, dcSignaling, usesLock, profile, av1);
        Until(() => client.Rtc.State == RtcClientState.Open, $"the data channel of {session} is open");
        return client;
    }

    /// <summary>A client that checks TCP candidates too has sent its first offer.</summary>
    public ClientPeer JoinWithTcp(string session)
    {
        ClientPeer client = Create(session, usesTcp: true);
        client.Rtc.Start(NowMs);
        return client;
    }

    /// <summary>Connects to the TCP port; the first bytes arrive together with the connection.</summary>
    public void Connect(EmulatedStream stream) => Later(Network.DelayMs, () =>
    {
        if (!BlocksTcp)
        {
            _sockets[stream.Remote.Port % LoopCount].Listener.Connect(stream);
        }
    });

    /// <summary>Connects and sends bytes, as anybody can.</summary>
    public EmulatedStream ConnectRaw(ushort port, byte[] bytes)
    {
        var stream = new EmulatedStream(TransportAddress.From(new(IPAddress.Parse("203.0.113.66"), port), isTcp: true), static _ => { });
        Connect(stream);
        Later(Network.DelayMs, () => stream.Arrive(bytes));
        return stream;
    }

    /// <summary>The listener that a TCP connection from this port comes to.</summary>
    public EmulatedListener ListenerOf(ushort port) => _sockets[port % LoopCount].Listener;

    /// <summary>Where a client's UDP comes from; <c>null</c> before it is there.</summary>
    public TransportAddress? AddressOf(string session) => _clients.TryGetValue(session, out ClientPeer? client) ? client.Address : null;

    /// <summary>Drops all memory of a client that has left.</summary>
    public void Forget(ClientPeer client)
    {
        client.Rtc.Dispose();
        _clients.Remove(client.Session);
        _servers.Remove(client.Session);
        _byAddress.Remove(client.Address);
        Answered.Remove(client.Address);
    }

    /// <summary>Hands a loop of the server datagrams past the network, and lets it work on them at once.</summary>
    /// <returns>How long it took in real time.</returns>
    public TimeSpan Flood(TransportAddress from, IReadOnlyList<byte[]> datagrams)
    {
        int loop = from.Port % LoopCount;
        foreach (byte[] datagram in datagrams)
        {
            _sockets[loop].Deliver(from, datagram);
        }

        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        _server.Loops[loop].RunTurn();
        return System.Diagnostics.Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Datagrams to this address reach the client from now on.</summary>
    public void Bind(TransportAddress address, ClientPeer client) => _byAddress[address] = client;

    public void SignalToServer(string session, RtcMessageType type, byte[] json)
    {
        if (Pass(session, toServer: true, json) is { } passed)
        {
            Later(SignalingDelayMs, () => _server.Send(session, type, passed));
            if (SignalRepeatMs > 0)
            {
                Later(SignalingDelayMs + SignalRepeatMs, () => _server.Send(session, type, passed));
            }
        }
    }

    public void SendFromServer(ReadOnlySpan<byte> datagram, TransportAddress to)
    {
        PacketKind kind = PacketDemuxer.Classify(datagram);
        if (kind == PacketKind.Stun)
        {
            Answered.Add(to);
        }

        if (_byAddress.TryGetValue(to, out ClientPeer? client))
        {
            ServerPeer peer = Server(client);
            peer.DtlsSent += kind == PacketKind.Dtls ? 1 : 0;
            if (kind == PacketKind.Stun)
            {
                peer.ChecksAnswered++;
                peer.Validated.Add(to);
            }
        }

        Network.Send(ServerAddress, to, datagram, NowMs);
    }

    public void Run(long forMs)
    {
        for (long end = NowMs + forMs; NowMs < end;)
        {
            Step(end);
        }
    }

    /// <summary>Lets time pass until something holds.</summary>
    /// <returns>Milliseconds it took.</returns>
    public long Until(Func<bool> holds, string what, long limitMs = 20_000)
    {
        long start = NowMs;
        while (!holds())
        {
            Assert.True(NowMs - start < limitMs, $"seed {Network.Seed}: not within {limitMs} ms: {what}");
            Step(start + limitMs);
        }

        return NowMs - start;
    }

    public void Later(int delayMs, Action action) => _later.Enqueue(action, (NowMs + delayMs, _order++));

    void IRtcEvents.OnMessage(RtcSessionConfig session, RtcMessageType type, ReadOnlyMemory<byte> data)
    {
        ServerPeer peer = _servers[session.SessionId];
        if (type is RtcMessageType.VoiceOn or RtcMessageType.VoiceOff)
        {
            peer.VoiceActivity.Add(type == RtcMessageType.VoiceOn);
            return;
        }

        string json = Encoding.UTF8.GetString(data.Span);
        peer.SentToClient.Add((type, json));
        OnSaid?.Invoke(session.SessionId, json);
        if (Pass(session.SessionId, toServer: false, data.ToArray()) is { } passed)
        {
            Later(SignalingDelayMs, () => _clients[session.SessionId].Rtc.ReceiveSignal(passed, NowMs));
        }
    }

    void IRtcEvents.OnSessionClosed(RtcSessionConfig session, RtcCloseReason reason) => _servers[session.SessionId].Closed.Add(reason);

    public void Dispose()
    {
        foreach (ClientPeer client in _clients.Values)
        {
            client.Rtc.Dispose();
        }

        Task stopped = _server.DisposeAsync().AsTask();
        for (int i = 0; i < 10 && _server.SessionCount > 0; i++)
        {
            Step(NowMs + SpeechMs);
        }

        Assert.Equal(0, _server.SessionCount);
        Assert.True(stopped.Wait(TimeSpan.FromSeconds(10)), "The server did not stop.");
        Assert.Empty(_faults);
        _clientDtls.Dispose();
        _certificate.Dispose();
    }

    private byte[]? Pass(string session, bool toServer, byte[] json)
    {
        if (SignalFilter is null)
        {
            return json;
        }

        return SignalFilter(session, toServer, Encoding.UTF8.GetString(json)) is { } passed ? Encoding.UTF8.GetBytes(passed) : null;
    }

    private void Note(string line)
    {
        if (line.Contains("defect", StringComparison.Ordinal))
        {
            _faults.Add(line);
        }
    }

    /// <summary>Moves to the next millisecond at which something happens, and lets it happen.</summary>
    private void Step(long limitMs)
    {
        _time.MoveTo(Math.Clamp(NextMs(), NowMs + 1, limitMs));
        while (_later.TryPeek(out Action? action, out (long DueMs, long Order) due) && due.DueMs <= NowMs)
        {
            _later.Dequeue();
            action();
        }

        while (Network.TryTake(NowMs, out (TransportAddress From, TransportAddress To, byte[] Datagram) arrived))
        {
            Deliver(arrived.From, arrived.To, arrived.Datagram);
        }

        bool speaks = NowMs >= _nextSpeechMs;
        _nextSpeechMs = speaks ? NowMs + SpeechMs : _nextSpeechMs;
        foreach (ClientPeer client in _clients.Values)
        {
            if (speaks)
            {
                client.Speak();
            }

            if (client.Rtc.DeadlineMs <= NowMs)
            {
                client.Rtc.HandleDeadline(NowMs);
            }
        }

        TurnServer();
    }

    private void TurnServer()
    {
        bool isBusy = true;
        while (isBusy)
        {
            isBusy = false;
            for (int i = 0; i < LoopCount; i++)
            {
                if (_sockets[i].IsReady || _server.Loops[i].NextTickMs <= NowMs)
                {
                    isBusy = true;
                    _server.Loops[i].RunTurn();
                }
            }

            while (_mailboxes.TryDequeue(out IThreadPoolWorkItem? mailbox))
            {
                isBusy = true;
                MailboxTurns++;
                mailbox.Execute();
            }
        }
    }

    private long NextMs()
    {
        long next = Math.Min(Network.NextMs, Math.Min(_time.NextDueMs, _nextSpeechMs));
        next = _later.TryPeek(out _, out (long DueMs, long Order) due) ? Math.Min(next, due.DueMs) : next;
        foreach (MediaLoop loop in _server.Loops)
        {
            next = Math.Min(next, loop.NextTickMs);
        }

        foreach (ClientPeer client in _clients.Values)
        {
            next = Math.Min(next, client.Rtc.DeadlineMs ?? long.MaxValue);
        }

        return next;
    }

    private void Deliver(TransportAddress from, TransportAddress to, byte[] datagram)
    {
        if (to == ServerAddress || (Reroutes && !_byAddress.ContainsKey(to)))
        {
            // As SO_REUSEPORT does: a flow stays on one loop, and a flow from another port may land on another one.
            _sockets[from.Port % LoopCount].Deliver(from, datagram);
        }
        else if (_byAddress.TryGetValue(to, out ClientPeer? client) && client.Address == to && !client.IsCutOff)
        {
            client.Rtc.Receive(datagram, Reroutes ? client.LastDestination : from, NowMs);
        }
    }
}
