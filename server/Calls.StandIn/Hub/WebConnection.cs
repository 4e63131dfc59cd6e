using System.Net.WebSockets;
using System.Threading.Channels;
using Calls.StandIn.State;

namespace Calls.StandIn.Hub;

/// <summary>One client connection: its socket, its queue of 256, its ring of 128 and the filter that decides what it receives.</summary>
/// <remarks>Fields of the filter are guarded by the hub's lock; sequence and ring belong to the write loop.</remarks>
internal sealed class WebConnection
{
    public const int QueueCapacity = 256;
    private const int SlowQueue = QueueCapacity / 2;

    private readonly WebSocketHub _hub;
    private readonly FrameSocket _socket;
    private readonly Channel<Outbound> _queue;
    private readonly EventRing _ring;
    private readonly Lock _abortGate = new();
    private Action? _abort;
    private readonly CancellationTokenSource _end = new();
    private readonly CancellationTokenSource _deaf = new();
    private long _seq;
    private long _sessionExpiresAt;
    private HashSet<string>? _channels;
    private long _channelsAt;
    private ITimer? _pongTimer;
    private volatile bool _isSilenced;
    private int _skippedNumbers;
    private int _repeatedFrames;
    private volatile string _token;

    /// <summary>A fresh connection, or one that continues <paramref name="resumed"/> from number <paramref name="seq"/>.</summary>
    public WebConnection(WebSocketHub hub, FrameSocket socket, Action abort, string id, Session? session, WebConnection? resumed = null, long seq = 0)
    {
        _hub = hub;
        _socket = socket;
        _abort = abort;
        Id = id;
        _token = session?.Token ?? "";
        Session = session;
        UserId = session?.UserId ?? "";
        _sessionExpiresAt = session?.ExpiresAt ?? 0;
        _queue = resumed?._queue ?? System.Threading.Channels.Channel.CreateBounded<Outbound>(QueueCapacity);
        _ring = resumed?._ring ?? new EventRing();
        _seq = seq;
        IsResumed = resumed is not null;
        LastActivityAt = hub.State.Clock.NowMs;
    }

    public string Id { get; private set; }

    public string UserId { get; private set; }

    public Session? Session { get; private set; }

    public bool IsResumed { get; }

    public bool IsActive { get; set; }

    public long LastActivityAt { get; set; }

    public bool HasToken => _token.Length > 0;

    public string Token => _token;

    public int QueueLength => _queue.Reader.Count;

    /// <summary>The peer must not notice that the server gave up on it.</summary>
    public bool IsSilenced => _isSilenced;

    public void Authenticate(Session session)
    {
        Session = session;
        _token = session.Token;
        UserId = session.UserId;
    }

    /// <summary>Pumps both directions until the socket ends for whatever reason.</summary>
    public async Task RunAsync()
    {
        StandInTimings timings = _hub.Timings;
        TimeProvider time = _hub.State.Clock.Time;
        _socket.AnswersPings = () => _hub.Faults.AnswersPings;
        _socket.PongReceived = () => _pongTimer?.Change(timings.PongWait, Timeout.InfiniteTimeSpan);
        using ITimer auth = time.CreateTimer(_ => EndUnlessAuthenticated(), null, timings.AuthCheck, Timeout.InfiniteTimeSpan);
        using ITimer ping = time.CreateTimer(_ => _ = PingAsync(), null, timings.PingInterval, timings.PingInterval);
        using ITimer pong = time.CreateTimer(_ => _end.Cancel(), null, timings.PongWait, Timeout.InfiniteTimeSpan);
        _pongTimer = pong;
        Task reading = ReadLoopAsync();
        Task writing = WriteLoopAsync();
        await Task.WhenAny(reading, writing);
        await _end.CancelAsync();
        await Task.WhenAll(reading, writing);
    }

    /// <summary>Queues a message. False when the queue is full.</summary>
    public bool TryEnqueue(Outbound message) => _queue.Writer.TryWrite(message);

    /// <summary>What was queued is still written, then an empty close frame.</summary>
    public void CompleteQueue() => _queue.Writer.TryComplete();

    /// <summary>Ends the pumps; the socket is closed without a close frame.</summary>
    public void End() => _end.Cancel();

    /// <summary>Cuts the transport at once, as a dying process does.</summary>
    public void Abort()
    {
        _end.Cancel();
        lock (_abortGate)
        {
            _abort?.Invoke();
        }
    }

    /// <summary>The transport belongs to somebody else from now on: <see cref="Abort"/> no longer touches it.</summary>
    public void ReleaseTransport()
    {
        lock (_abortGate)
        {
            _abort = null;
        }
    }

    /// <summary>The server forgets the socket; the peer sees neither data nor an end.</summary>
    public void DropSilently()
    {
        _isSilenced = true;
        _socket.SwallowsWrites = true;
        _end.Cancel();
    }

    /// <summary>Nothing gets through in either direction any more, and the server has not noticed.</summary>
    public void HalfOpen()
    {
        _isSilenced = true;
        _socket.SwallowsWrites = true;
        _deaf.Cancel();
    }

    public void SkipNextNumber() => Interlocked.Increment(ref _skippedNumbers);

    public void RepeatNextFrame() => Interlocked.Increment(ref _repeatedFrames);

    public void InvalidateCache()
    {
        _channels = null;
        Session = null;
        _sessionExpiresAt = 0;
    }

    /// <summary>Whether the token still has a session. MFA is not asked for: <c>hello</c> needs only this.</summary>
    public bool IsBasicAuthenticated()
    {
        if (_sessionExpiresAt >= _hub.State.Clock.NowMs)
        {
            return true;
        }

        if (!HasToken)
        {
            return false;
        }

        Session = _hub.State.Sessions.Resolve(_token);
        if (Session is null)
        {
            _token = "";
            return false;
        }

        _sessionExpiresAt = Session.ExpiresAt;
        return true;
    }

    public bool IsAuthenticated() => IsBasicAuthenticated() && Session is not null && !_hub.State.Permissions.OwesMfa(Session);

    /// <summary>The delivery filter, first match wins (signaling.md 1.14).</summary>
    public bool ShouldSend(WebSocketEvent sent)
    {
        if (!IsAuthenticated())
        {
            return false;
        }

        if (QueueLength >= SlowQueue && sent.Name is ("typing" or "status_change" or "multiple_channels_viewed"))
        {
            return false;
        }

        Broadcast target = sent.Broadcast;
        if (target.ContainsSanitizedData || target.ContainsSensitiveData)
        {
            bool isAdmin = _hub.State.Permissions.IsSystemAdmin(Session!);
            if ((target.ContainsSanitizedData && isAdmin) || (target.ContainsSensitiveData && !isAdmin))
            {
                return false;
            }
        }

        if (target.ConnectionId.Length > 0)
        {
            return Id == target.ConnectionId;
        }

        if (Id == target.OmitConnectionId)
        {
            return false;
        }

        if (target.UserId.Length > 0)
        {
            return UserId == target.UserId;
        }

        if (target.OmitUsers?.ContainsKey(UserId) == true)
        {
            return false;
        }

        if (target.ChannelId.Length > 0)
        {
            return IsMemberOf(target.ChannelId);
        }

        if (target.TeamId.Length > 0)
        {
            return _hub.State.Teams.IsMember(target.TeamId, UserId);
        }

        return sent.SubjectUserId is null || Session!.Props.GetValueOrDefault("is_guest") != "true"
            || _hub.State.Permissions.CanSeeUser(Session, sent.SubjectUserId);
    }

    private bool IsMemberOf(string channelId)
    {
        long now = _hub.State.Clock.NowMs;
        if (_channels is null || now - _channelsAt > _hub.Timings.MemberCache.TotalMilliseconds)
        {
            _channels = _hub.State.Channels.IdsOf(UserId);
            _channelsAt = now;
        }

        return _channels.Contains(channelId);
    }

    private void EndUnlessAuthenticated()
    {
        if (!HasToken)
        {
            _end.Cancel();
        }
    }

    private async Task PingAsync()
    {
        try
        {
            await WriteAsync(FrameKind.Ping, ReadOnlyMemory<byte>.Empty);
        }
        catch (Exception exception) when (IsTransportEnd(exception))
        {
            await _end.CancelAsync();
        }
    }

    private async Task ReadLoopAsync()
    {
        try
        {
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, _deaf.Token);
            while (await _socket.ReadMessageAsync(stop.Token) is { } message)
            {
                if (!FrameDecoder.TryDecode(message.Kind, message.Payload, out ClientRequest? request))
                {
                    return;
                }

                _hub.Receive(this, request!);
            }
        }
        catch (Exception exception) when (IsTransportEnd(exception))
        {
        }

        if (_deaf.IsCancellationRequested)
        {
            await Task.Delay(Timeout.Infinite, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WriteLoopAsync()
    {
        try
        {
            await ResumeAsync();
            while (await _queue.Reader.WaitToReadAsync(_end.Token))
            {
                while (!_end.IsCancellationRequested && _queue.Reader.TryRead(out Outbound message))
                {
                    if (message.Event is { } sent)
                    {
                        await WriteEventAsync(sent);
                    }
                    else
                    {
                        await WriteAsync(FrameKind.Text, message.Reply);
                    }
                }
            }

            await WriteAsync(FrameKind.Close, ReadOnlyMemory<byte>.Empty);
        }
        catch (Exception exception) when (IsTransportEnd(exception))
        {
        }
    }

    // Number 0 continues without replay and counts from 0 again, as the stock server does.
    private async Task ResumeAsync()
    {
        if (_seq == 0)
        {
            return;
        }

        if (_ring.Contains(_seq))
        {
            foreach ((long seq, WebSocketEvent written) in _ring.From(_seq))
            {
                await WriteAsync(FrameKind.Text, written.Encode(seq, IsCompact(written, seq)));
                _seq = seq + 1;
            }
        }
        else if (_ring.HasLoss(_seq))
        {
            _ring.Clear();
            _seq = 0;
            WebSocketEvent hello = _hub.Rename(this, id => Id = id);
            await WriteEventAsync(hello);
        }
    }

    private async Task WriteEventAsync(WebSocketEvent sent)
    {
        if (Interlocked.Exchange(ref _skippedNumbers, 0) is int skipped and > 0)
        {
            _seq += skipped;
        }

        long seq = _seq++;
        byte[] frame = sent.Encode(seq, IsCompact(sent, seq));
        _ring.Add(seq, sent);
        await WriteAsync(FrameKind.Text, frame);
        if (Interlocked.Exchange(ref _repeatedFrames, 0) > 0)
        {
            await WriteAsync(FrameKind.Text, frame);
        }
    }

    private bool IsCompact(WebSocketEvent sent, long seq) => _hub.Encoding switch
    {
        EventEncoding.Compact => true,
        EventEncoding.Spaced => false,
        EventEncoding.Alternating => seq % 2 == 0,
        _ => sent.Name is "hello" or "posted",
    };

    private async Task WriteAsync(FrameKind kind, ReadOnlyMemory<byte> payload)
    {
        Task writing = _socket.SendAsync(kind, payload, _end.Token);
        if (!writing.IsCompleted)
        {
            await writing.WaitAsync(_hub.Timings.WriteWait, _hub.State.Clock.Time, _end.Token);
        }

        await writing;
    }

    private static bool IsTransportEnd(Exception exception) =>
        exception is OperationCanceledException or IOException or TimeoutException or ObjectDisposedException or WebSocketException;
}
