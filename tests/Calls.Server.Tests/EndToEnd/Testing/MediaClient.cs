using System.Net;
using System.Net.Sockets;
using System.Text;
using Calls.Rtc;
using Calls.Rtc.Client;
using Calls.Rtc.DataChannels;
using Calls.Rtc.Dtls;
using Calls.Server.Tests.Mattermost.Testing;

namespace Calls.Server.Tests.EndToEnd.Testing;

/// <summary>
/// The media side of a client: a real ICE, DTLS and data channel endpoint on a socket of its own, signaled over the client's
/// WebSocket, that lives on the site's clock.
/// </summary>
internal sealed class MediaClient : IRtcClientEvents, IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    // Long enough for an answer of this machine, short enough to go on when there is none.
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(20);

    private static readonly DtlsContext Dtls = new(DtlsCertificate.Create(DateTimeOffset.UtcNow));

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly Socket _udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CallsSite _site;
    private readonly ClientSocket _signaling;
    private readonly RtcClient _client;
    private readonly Task _receiving;
    private int _pongs;

    private MediaClient(CallsSite site, ClientSocket signaling)
    {
        (_site, _signaling) = (site, signaling);
        _udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _client = new RtcClient(new RtcClientOptions(Dtls, site.Time.GetUtcNow(), NowMs), this);
        _receiving = ReceiveAsync();
    }

    public RtcClientState State
    {
        get
        {
            lock (_gate)
            {
                return _client.State;
            }
        }
    }

    private long NowMs => _site.Time.GetTimestamp() / TimeSpan.TicksPerMillisecond;

    /// <summary>Connects the media of a session: until its data channel is open. The site's clock goes on meanwhile, a little.</summary>
    public static async Task<MediaClient> ConnectAsync(CallsSite site, ClientSocket signaling)
    {
        var media = new MediaClient(site, signaling);
        site.Own(media);
        lock (media._gate)
        {
            media._client.Start(media.NowMs);
        }

        using var limit = new CancellationTokenSource(Limits.Test);
        while (media.State != RtcClientState.Open)
        {
            Assert.False(limit.IsCancellationRequested, $"The media did not connect: {media.State}, {media._client.IceState}.");
            media.TakeSignals();
            if (!await media._arrived.WaitAsync(Idle))
            {
                site.Time.Advance(Step);
                media.Run();
            }
        }

        return media;
    }

    /// <summary>Proves to the server that the client is there, and waits for its answer: a ping on the data channel a second after the last.</summary>
    public async Task PulseAsync()
    {
        int before = Volatile.Read(ref _pongs);
        Run();
        using var limit = new CancellationTokenSource(Limits.Test);
        while (Volatile.Read(ref _pongs) == before)
        {
            Assert.False(limit.IsCancellationRequested, "The server no longer answers.");
            await _arrived.WaitAsync(Idle);
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _client.Close(NowMs);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _udp.Dispose();
        await _receiving;
        lock (_gate)
        {
            _client.Dispose();
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

    void IRtcClientEvents.SendSignal(RtcMessageType type, ReadOnlyMemory<byte> json) =>
        _ = _signaling.SendPackedAsync("sdp", Offer.AsData(json.Span));

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
        // Nothing is published here.
    }

    void IRtcClientEvents.OnPacket(ReceivedStream stream, in ReceivedPacket packet, long nowMs)
    {
        // Nothing is published here.
    }

    void IRtcClientEvents.OnKeyFrameRequested(SentTrack track)
    {
        // Nothing is published here.
    }

    void IRtcClientEvents.OnClosed(RtcClientEnd end)
    {
        // The state tells.
    }

    private void Run()
    {
        lock (_gate)
        {
            _client.HandleDeadline(NowMs);
        }
    }

    private void TakeSignals()
    {
        foreach (WireFrame frame in _signaling.TakeAll("signal"))
        {
            lock (_gate)
            {
                _client.ReceiveSignal(Encoding.UTF8.GetBytes(frame.Text("data")), NowMs);
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
                    _client.Receive(buffer.AsSpan(0, received.ReceivedBytes), TransportAddress.From((IPEndPoint)received.RemoteEndPoint), NowMs);
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
