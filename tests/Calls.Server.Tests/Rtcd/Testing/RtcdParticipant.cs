using System.Net;
using System.Net.Sockets;
using Calls.Rtc;
using Calls.Rtc.Client;
using Calls.Rtc.DataChannels;
using Calls.Rtc.Dtls;
using Calls.Rtc.Sdp;
using Calls.Rtcd.Protocol;
using Calls.Server.Tests.Mattermost.Testing;

namespace Calls.Server.Tests.Rtcd.Testing;

/// <summary>A user's real WebRTC client, signaled through a plugin's connection, that lives on the site's clock.</summary>
internal sealed class RtcdParticipant : IRtcClientEvents, IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(10);
    private static readonly DtlsContext Dtls = new(DtlsCertificate.Create(DateTimeOffset.UtcNow));

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly Socket _udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly RtcdSite _site;
    private readonly Task _receiving;
    private readonly Dictionary<string, int> _heard = new(StringComparer.Ordinal);
    private uint _timestamp;
    private int _pongs;

    private RtcdParticipant(RtcdSite site, RtcdSocket signaling, string session)
    {
        (_site, Signaling, Session) = (site, signaling, session);
        _udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Rtc = new RtcClient(new RtcClientOptions(Dtls, site.Time.GetUtcNow(), NowMs), this);
        _receiving = ReceiveAsync();
    }

    public string Session { get; }

    /// <summary>The connection that it signals on; a test may change it.</summary>
    public RtcdSocket Signaling { get; set; }

    public RtcClient Rtc { get; }

    public SentTrack? Voice { get; private set; }

    public int Pongs => Volatile.Read(ref _pongs);

    /// <summary>Packets of all publishers.</summary>
    public int Heard
    {
        get
        {
            lock (_gate)
            {
                return _heard.Values.Sum();
            }
        }
    }

    private long NowMs => _site.Time.GetTimestamp() / TimeSpan.TicksPerMillisecond;

    /// <summary>Joins and connects the media: until the data channel is open.</summary>
    public static async Task<RtcdParticipant> JoinAsync(RtcdSite site, RtcdSocket signaling, string session, string call = "call1")
    {
        await signaling.JoinAsync(session, call);
        RtcdParticipant participant = site.Own(new RtcdParticipant(site, signaling, session));
        lock (participant._gate)
        {
            participant.Rtc.Start(participant.NowMs);
        }

        await UntilAsync(site, () => participant.Rtc.State == RtcClientState.Open, [participant]);
        return participant;
    }

    /// <summary>Lets the clock and all participants go on until something holds.</summary>
    public static async Task UntilAsync(RtcdSite site, Func<bool> holds, RtcdParticipant[] participants, Action? eachStep = null)
    {
        using var limit = new CancellationTokenSource(Limits.Test);
        while (!holds())
        {
            Assert.False(limit.IsCancellationRequested, "It did not come about in time.");
            Array.ForEach(participants, static participant => participant.TakeSignals());
            if (!await participants[0]._arrived.WaitAsync(Idle))
            {
                site.Time.Advance(Step);
                eachStep?.Invoke();
                Array.ForEach(participants, static participant => participant.Run());
            }
        }
    }

    /// <summary>Offers a voice.</summary>
    public void Publish()
    {
        lock (_gate)
        {
            Voice = Rtc.AddTrack(OutgoingTrack.Create(TrackType.Voice, MediaCodec.Opus, Session, 7), NowMs);
        }
    }

    /// <summary>Offers a screen; rtcd must have been told of it.</summary>
    public SentTrack PublishScreen(string streamId)
    {
        lock (_gate)
        {
            return Rtc.AddTrack(new OutgoingTrack($"{streamId}-screen", streamId, TrackType.Screen, MediaCodec.Vp8), NowMs);
        }
    }

    /// <summary>Sends a key frame of one packet.</summary>
    public bool Show(SentTrack screen)
    {
        lock (_gate)
        {
            _timestamp += 1_800;
            return Rtc.SendRtp(screen, [0x10, 0x00, 0x00, 0x00, 0x9D, 0x01, 0x2A, 0x40, 0x01, 0xF0, 0x00, 0x00], _timestamp, hasMarker: true, audioLevel: null, NowMs);
        }
    }

    /// <summary>Sends 20 ms of voice.</summary>
    /// <param name="level">0 loudest to 127 silence.</param>
    public bool Speak(byte level = 30)
    {
        lock (_gate)
        {
            _timestamp += 960;
            return Rtc.SendRtp(Voice!, new byte[80], _timestamp, hasMarker: false, level, NowMs);
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            Rtc.Close(NowMs);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _udp.Dispose();
        await _receiving;
        lock (_gate)
        {
            Rtc.Dispose();
        }

        _arrived.Dispose();
    }

    void IRtcClientEvents.SendDatagram(ReadOnlySpan<byte> datagram, TransportAddress destination)
    {
        try
        {
            _udp.SendTo(datagram, destination.ToEndPoint());
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // As on any network: nobody is told.
        }
    }

    void IRtcClientEvents.SendSignal(RtcMessageType type, ReadOnlyMemory<byte> json) => _ = Signaling.SendRtcAsync(Session, (int)type, json.ToArray());

    void IRtcClientEvents.OnOpen()
    {
        // The state tells.
    }

    void IRtcClientEvents.OnChannelMessage(CallsChannelMessage message)
    {
        if (message.Type == CallsChannelMessageType.Pong)
        {
            Interlocked.Increment(ref _pongs);
        }
    }

    void IRtcClientEvents.OnNegotiated()
    {
        // The tracks tell.
    }

    void IRtcClientEvents.OnPacket(ReceivedStream stream, in ReceivedPacket packet, long nowMs) =>
        _heard[$"{packet.Ssrc}"] = _heard.GetValueOrDefault($"{packet.Ssrc}") + 1;

    void IRtcClientEvents.OnKeyFrameRequested(SentTrack track)
    {
        // Only voices here.
    }

    void IRtcClientEvents.OnClosed(RtcClientEnd end)
    {
        // The state tells.
    }

    private void Run()
    {
        lock (_gate)
        {
            Rtc.HandleDeadline(NowMs);
        }
    }

    private void TakeSignals()
    {
        foreach (RtcMessage message in Signaling.TakeAll<RtcMessage>(message => message.SessionId == Session))
        {
            lock (_gate)
            {
                Rtc.ReceiveSignal(message.Data, NowMs);
            }
        }
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[2048];
        try
        {
            while (true)
            {
                SocketReceiveFromResult received = await _udp.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Loopback, 0));
                lock (_gate)
                {
                    Rtc.Receive(buffer.AsSpan(0, received.ReceivedBytes), TransportAddress.From((IPEndPoint)received.RemoteEndPoint), NowMs);
                }

                _arrived.Release();
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Closed.
        }
    }
}
