using System.Net;
using Calls.Rtc.Client;
using Calls.Rtc.Dtls;
using Calls.Rtc.Ice;
using Calls.Rtc.Sessions;
using Calls.Rtc.Sfu;
using Calls.Rtc.Stun;
using Calls.Rtc.Transport;

namespace Calls.Rtc.PeerTests;

/// <summary>One call between real clients and the real server side, on virtual time.</summary>
internal sealed class PeerCall : IPacketSink, IDisposable
{
    public const int SpeechMs = 20;

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly DtlsCertificate _certificate = DtlsCertificate.Create(Start);
    private readonly DtlsContext _serverDtls;
    private readonly DtlsContext _clientDtls;
    private readonly SessionEnvironment _environment;
    private readonly NtpClock _ntp;
    private readonly Dictionary<string, ServerPeer> _servers = [];
    private readonly Dictionary<string, ClientPeer> _clients = [];
    private readonly PriorityQueue<Action, (long DueMs, long Order)> _later = new();
    private readonly byte[] _slot = new byte[PacketBuffer.Capacity];
    private long _order;

    public PeerCall(int seed = 1, bool dtlsActive = false)
    {
        Network = new(seed);
        _serverDtls = new(_certificate);
        _clientDtls = new(_certificate);
        _ntp = new(Start, NowMs);
        IReadOnlyList<IceCandidate> candidates = CandidateAddresses.Build(new() { UdpAddresses = [IPAddress.Parse("192.0.2.1")], UdpPort = 8443 });
        _environment = new(_serverDtls, candidates, OriginSessionId: 1, dtlsActive);
    }

    public static TransportAddress ServerAddress { get; } = TransportAddress.From(new(IPAddress.Parse("192.0.2.1"), 8443));

    public EmulatedNetwork Network { get; }

    public long NowMs { get; private set; } = 1_000;

    /// <summary>One-way delay of signaling, in milliseconds.</summary>
    public int SignalingDelayMs { get; set; } = 5;

    public IPacketSink Sink => this;

    public List<PublishedTrack> Tracks { get; } = [];

    public Dictionary<string, ServerPeer> ByUfrag { get; } = [];

    public ServerPeer Server(ClientPeer client) => _servers[client.Session];

    public List<ServerPeer> Others(ServerPeer self) => [.. _servers.Values.Where(peer => peer != self && peer.Closed.Count == 0)];

    /// <summary>A client that has sent its first offer.</summary>
    public ClientPeer Join(string session, bool dcSignaling = false)
    {
        ClientPeer client = Create(session, dcSignaling);
        client.Rtc.Start(NowMs);
        return client;
    }

    /// <summary>A session whose client has not offered yet.</summary>
    public ClientPeer Create(string session, bool dcSignaling = false)
    {
        var address = TransportAddress.From(new(IPAddress.Parse("198.51.100.1"), 20_000 + _clients.Count));
        var options = new RtcClientOptions(_clientDtls, Start, NowMs) { UsesDataChannelSignaling = dcSignaling };
        var client = new ClientPeer(this, session, address, options);
        _servers.Add(session, new(this, new("group", "call", "user", session, DcSignaling: dcSignaling), _environment, _ntp));
        _clients.Add(session, client);
        return client;
    }

    /// <summary>Joins and waits until the data channel is open.</summary>
    public ClientPeer JoinAndConnect(string session, bool dcSignaling = false)
    {
        ClientPeer client = Join(session, dcSignaling);
        Until(() => client.Rtc.State == RtcClientState.Open, "the data channel is open");
        return client;
    }

    public void SignalToServer(string session, RtcMessageType type, byte[] json) =>
        Later(SignalingDelayMs, () => _servers[session].Control.OnMessage(type, json, NowMs));

    public void SignalToClient(string session, byte[] json) => Later(SignalingDelayMs, () => _clients[session].Rtc.ReceiveSignal(json, NowMs));

    /// <summary>Runs at the end of the current step, as a mailbox would.</summary>
    public void Defer(Action action) => Later(0, action);

    public void Run(long forMs)
    {
        for (long end = NowMs + forMs; NowMs < end;)
        {
            Step();
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
            Step();
        }

        return NowMs - start;
    }

    Span<byte> IPacketSink.Reserve() => _slot;

    void IPacketSink.Commit(int length, TransportPath path) => Network.Send(ServerAddress, path.Remote, _slot.AsSpan(0, length), NowMs);

    public void Dispose()
    {
        foreach (ClientPeer client in _clients.Values)
        {
            client.Rtc.Dispose();
        }

        foreach (ServerPeer server in _servers.Values)
        {
            server.Control.Dispose();
        }

        _serverDtls.Dispose();
        _clientDtls.Dispose();
        _certificate.Dispose();
    }

    private void Step()
    {
        NowMs++;
        while (_later.TryPeek(out Action? action, out (long DueMs, long Order) due) && due.DueMs <= NowMs)
        {
            _later.Dequeue();
            action();
        }

        while (Network.TryTake(NowMs, out (TransportAddress From, TransportAddress To, byte[] Datagram) arrived))
        {
            Deliver(arrived.From, arrived.To, arrived.Datagram);
        }

        foreach (ClientPeer client in _clients.Values)
        {
            if (NowMs % SpeechMs == 0)
            {
                client.Speak();
            }

            if (client.Rtc.DeadlineMs <= NowMs)
            {
                client.Rtc.HandleDeadline(NowMs);
            }
        }

        foreach (ServerPeer server in _servers.Values)
        {
            if (NowMs % SpeechMs == 0 && server.Closed.Count == 0)
            {
                server.Participant.Tick(NowMs, this);
            }

            if (server.Control.DeadlineMs <= NowMs)
            {
                server.Control.HandleDeadline(NowMs);
            }
        }
    }

    private void Deliver(TransportAddress from, TransportAddress to, byte[] datagram)
    {
        if (to != ServerAddress)
        {
            ClientPeer? client = _clients.Values.FirstOrDefault(client => client.Address == to && !client.IsCutOff);
            client?.Rtc.Receive(datagram, from, NowMs);
            return;
        }

        ServerPeer? server = _servers.Values.FirstOrDefault(peer => peer.Validated.Contains(from));
        if (PacketDemuxer.Classify(datagram) == PacketKind.Stun
            && StunMessageView.TryParse(datagram, out StunMessageView check)
            && check.TrySplitUsername(out ReadOnlySpan<byte> ufrag, out _))
        {
            server = ByUfrag.GetValueOrDefault(System.Text.Encoding.ASCII.GetString(ufrag));
        }

        server?.Receive(datagram, from);
    }

    private void Later(int delayMs, Action action) => _later.Enqueue(action, (NowMs + delayMs, _order++));
}
