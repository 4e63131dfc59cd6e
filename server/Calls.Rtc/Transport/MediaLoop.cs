using System.Diagnostics;
using System.Numerics;

namespace Calls.Rtc.Transport;

/// <summary>
/// A thread with sockets of its own that receives, hands packets to the handler and sends what it answers. One turn:
/// <list type="number">
/// <item>wait for a packet, a message or the next tick;</item>
/// <item>run messages, then packets that other loops passed on;</item>
/// <item>receive up to eight batches per socket and hand over each packet;</item>
/// <item>accept connections and hand over each packet that has arrived on one;</item>
/// <item>tick if it is time.</item>
/// </list>
/// Sends are flushed after each of these steps.
/// </summary>
/// <remarks>
/// Members are for the loop's thread, unless they say otherwise. Nothing on the way of a packet allocates, locks or throws.
/// </remarks>
public sealed class MediaLoop : IPacketSink
{
    // Bounds of one turn, so that a flood cannot starve ticks and messages.
    private const int MaxBatchesPerTurn = 8;
    private const int MaxMessagesPerTurn = 1024;

    private const int IdleTickMs = 1_000;

    private readonly DatagramSockets _sockets;
    private readonly IDatagramHandler _handler;
    private readonly Func<long> _nowMs;
    private readonly Action<Exception>? _onFault;
    private readonly int _tickMs;
    private readonly int _tickSlackMs;
    private readonly PathTable _paths = new();
    private readonly LoopMailbox _mailbox;
    private readonly PacketQueue _forwarded;
    private readonly TcpConnections? _tcp;

    // Packets that other threads send through connections of this loop.
    private readonly PacketQueue? _frames;
    private readonly Thread _thread;
    private TransportCounters _counters;
    private long _messagesRefused;
    private long _forwardsRefused;
    private long _sentNow;
    private long _sentNowBytes;
    private long _sendNowErrors;
    private Thread _runner;
    private long _nowAtTurnMs;
    private long _nextTickMs;
    private long _wakeAtMs = long.MaxValue;
    private bool _mayTickLate;
    private int _wakePending;
    private bool _hasBacklog;
    private bool _isStopping;

    /// <param name="listeners">Empty without ICE-TCP.</param>
    internal MediaLoop(
        int index,
        DatagramSockets sockets,
        IDatagramHandler handler,
        MediaTransportOptions options,
        IReadOnlyList<IStreamListener> listeners,
        TcpAdmission admission)
    {
        Index = index;
        _sockets = sockets;
        _handler = handler;
        _nowMs = options.NowMs;
        _onFault = options.OnFault;
        _tickMs = options.TickMs;
        _tickSlackMs = options.TickSlackMs;
        _mailbox = new(options.MailboxCapacity);
        _forwarded = new(options.PacketQueueCapacity);
        if (listeners.Count > 0)
        {
            _tcp = new(this, sockets, listeners, admission, options.Tcp);
            _frames = new(options.FrameQueueCapacity);
        }

        _thread = _runner = new(Run) { IsBackground = true, Name = $"media loop {index}" };
    }

    /// <summary>0 to loop count - 1.</summary>
    public int Index { get; }

    /// <summary>Registered paths.</summary>
    public int PathCount => _paths.Count + (_tcp?.BoundCount ?? 0);

    /// <summary>TCP connections, whether registered or not.</summary>
    internal int ConnectionCount => _tcp?.Count ?? 0;

    /// <summary>Ticks at the full rate although no path is registered.</summary>
    public bool KeepsTicking { get; set; }

    /// <summary>Whether the caller runs on this loop. Any thread.</summary>
    public bool IsCurrent => Thread.CurrentThread == _runner;

    /// <summary>When the loop wants its next turn at the latest.</summary>
    internal long NextTickMs => Math.Min(_nextTickMs, _wakeAtMs);

    /// <summary>Binds a path to a session: from now on its packets reach the handler with <paramref name="session"/>.</summary>
    /// <param name="path">Validated by an authenticated check of that session, and received by this loop.</param>
    /// <returns>The other session that had the address until now, if any.</returns>
    public object? Register(TransportPath path, object session)
    {
        Debug.Assert(IsCurrent, "Paths belong to the loop's thread.");
        return path is TcpPath tcp ? _tcp!.Bind(tcp.Connection, session, _nowAtTurnMs) : _paths.Register(path, session);
    }

    /// <summary>Forgets a path. <c>false</c>: it was not registered, or has been registered anew for another session.</summary>
    public bool Unregister(TransportPath path)
    {
        Debug.Assert(IsCurrent, "Paths belong to the loop's thread.");
        return path is TcpPath tcp ? _tcp!.Unbind(tcp.Connection, _nowAtTurnMs) : _paths.Unregister(path);
    }

    /// <inheritdoc/>
    public Span<byte> Reserve()
    {
        Debug.Assert(IsCurrent, "The batch belongs to the loop's thread.");
        return _sockets.Reserve();
    }

    /// <inheritdoc/>
    public void Commit(int length, TransportPath path)
    {
        Debug.Assert(IsCurrent, "The batch belongs to the loop's thread.");
        if (path is UdpPath udp && udp.LocalIndex < _sockets.Count)
        {
            _sockets.Commit(length, udp, ref _counters);
        }
        else if (path is TcpPath tcp)
        {
            // The slot that was reserved, which is free again as soon as it is copied.
            Commit(_sockets.Reserve()[..length], tcp);
        }
        else
        {
            _counters.DroppedForeignPath++;
        }
    }

    /// <inheritdoc/>
    public void WakeAt(long atMs)
    {
        Debug.Assert(IsCurrent, "The loop's plans belong to its thread.");
        _wakeAtMs = Math.Min(_wakeAtMs, atMs);
    }

    /// <summary>Asks the loop to run something. <c>false</c>: its queue is full, and the message is lost. Any thread.</summary>
    public bool Post(in LoopMessage message)
    {
        if (!_mailbox.TryAdd(message))
        {
            Interlocked.Increment(ref _messagesRefused);
            return false;
        }

        Wake();
        return true;
    }

    /// <summary>
    /// Copies a packet to this loop, which owns its session; the handler gets it as if it had been received here.
    /// <c>false</c>: the queue is full, and the packet is lost. Any thread.
    /// </summary>
    public bool TryForward(PacketKind kind, ReadOnlySpan<byte> datagram, TransportPath path, object session)
    {
        if (!_forwarded.TryAdd(kind, datagram, path, session))
        {
            Interlocked.Increment(ref _forwardsRefused);
            return false;
        }

        Wake();
        return true;
    }

    /// <summary>Sends one datagram past the batch: for DTLS and control. <c>false</c>: refused by the kernel, or closed. Any thread.</summary>
    public bool SendFromAnyThread(ReadOnlySpan<byte> datagram, TransportPath path)
    {
        if (path is TcpPath tcp)
        {
            return tcp.Loop.TryQueueFrame(datagram, tcp);
        }

        if (path is not UdpPath udp || udp.LocalIndex >= _sockets.Count || !_sockets.TrySendNow(datagram, udp))
        {
            Interlocked.Increment(ref _sendNowErrors);
            return false;
        }

        Interlocked.Increment(ref _sentNow);
        Interlocked.Add(ref _sentNowBytes, datagram.Length);
        return true;
    }

    /// <summary>A copy of the loop's counters, each exact by itself. Any thread.</summary>
    public TransportCounters ReadCounters()
    {
        TransportCounters counters = _counters;
        counters.MessagesRefused += Interlocked.Read(ref _messagesRefused);
        counters.ForwardsRefused += Interlocked.Read(ref _forwardsRefused);
        counters.Sent += Interlocked.Read(ref _sentNow);
        counters.SentBytes += Interlocked.Read(ref _sentNowBytes);
        counters.SendErrors += Interlocked.Read(ref _sendNowErrors);
        return counters;
    }

    internal void Start() => _thread.Start();

    /// <summary>Ends the thread after its current turn. Not from the loop itself.</summary>
    internal void Stop()
    {
        Volatile.Write(ref _isStopping, true);
        _sockets.Wake();
        if (_thread.ThreadState != System.Threading.ThreadState.Unstarted && _thread.IsAlive)
        {
            _thread.Join();
        }
    }

    internal void Close()
    {
        _tcp?.Dispose();
        _sockets.Dispose();
    }

    /// <summary>A packet of a connection of this loop. <c>false</c>: it proves nothing, and nobody has proven anything there before.</summary>
    internal bool ReceiveFrame(TcpConnection connection, Span<byte> packet, long nowMs)
    {
        _counters.Received++;
        _counters.ReceivedBytes += packet.Length;
        PacketKind kind = PacketDemuxer.Classify(packet);
        if (kind == PacketKind.Unknown)
        {
            _counters.DroppedUnknownProtocol++;
            return connection.Session is not null;
        }

        if (kind != PacketKind.Stun && connection.Session is null)
        {
            _counters.DroppedUnregistered++;
            return false;
        }

        TcpPath path = connection.Path;
        var source = new DatagramSource(this, connection.Remote, connection.LocalIndex, connection.Session is null ? null : path, connection.Session, path);
        try
        {
            return Deliver(kind, packet, source, nowMs) || connection.Session is not null;
        }
        catch (Exception exception)
        {
            Report(exception);
            return connection.Session is not null;
        }
    }

    internal void OnConnectionClosed(TcpConnection connection, object session, long nowMs)
    {
        try
        {
            _handler.OnPathClosed(this, connection.Path, session, nowMs);
        }
        catch (Exception exception)
        {
            Report(exception);
        }
    }

    /// <summary>Sends the batch.</summary>
    internal void Flush()
    {
        _sockets.Flush(ref _counters);
        _tcp?.Flush(_nowAtTurnMs, ref _counters);
    }

    /// <summary>One turn on the caller's thread, for a loop that was not started.</summary>
    internal void RunTurn()
    {
        _runner = Thread.CurrentThread;
        Turn();
    }

    // A connection is written to by its own loop alone: bytes of two packets must not mix, and packets of one stream keep their order.
    private void Commit(ReadOnlySpan<byte> packet, TcpPath path)
    {
        if (path.Loop == this)
        {
            _tcp!.Send(path.Connection, packet, _nowAtTurnMs, ref _counters);
        }
        else if (!path.Loop.TryQueueFrame(packet, path))
        {
            _counters.DroppedTcpHandOverFull++;
        }
    }

    private bool TryQueueFrame(ReadOnlySpan<byte> packet, TcpPath path)
    {
        if (_frames?.TryAdd(PacketKind.Unknown, packet, path, path.Connection) != true)
        {
            return false;
        }

        Wake();
        return true;
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _wakePending, 1) == 0)
        {
            _sockets.Wake();
        }
    }

    private void Run()
    {
        _nowAtTurnMs = _nextTickMs = _nowMs();
        while (!Volatile.Read(ref _isStopping))
        {
            Turn();
        }
    }

    private void Turn()
    {
        // Packets wake the loop often enough; a wake-up for a tick alone costs more than the tick.
        long wakeMs = Math.Min(_mayTickLate ? _nextTickMs + _tickSlackMs : _nextTickMs, _wakeAtMs);
        int timeoutMs = _hasBacklog ? 0 : (int)Math.Clamp(wakeMs - _nowAtTurnMs, 0, IdleTickMs);
        ulong ready = _sockets.Wait(timeoutMs);
        long nowMs = _nowAtTurnMs = _nowMs();

        // Cleared before the queues are read: whoever adds from here on wakes the loop again.
        Interlocked.Exchange(ref _wakePending, 0);
        _hasBacklog = RunMessages() | RunForwarded(nowMs) | RunFrames(nowMs);
        for (; ready != 0; ready &= ready - 1)
        {
            ReceiveFrom(BitOperations.TrailingZeroCount(ready), nowMs);
        }

        _tcp?.HandleReady(nowMs, ref _counters);
        WakeHandler(nowMs);
        Tick(nowMs);
    }

    private bool RunMessages()
    {
        int count = 0;
        while (count < MaxMessagesPerTurn && _mailbox.TryTake(out LoopMessage message))
        {
            count++;
            try
            {
                message.Run(this, message.State, message.Argument);
            }
            catch (Exception exception)
            {
                Report(exception);
            }
        }

        Flush(count);
        return count == MaxMessagesPerTurn;
    }

    private bool RunForwarded(long nowMs)
    {
        int count = 0;
        while (count < MaxMessagesPerTurn && _forwarded.TryPeek(out PacketQueue.Packet packet, out Span<byte> datagram))
        {
            count++;
            try
            {
                var source = new DatagramSource(this, packet.Path.Remote, packet.Path.LocalIndex, packet.Path, packet.Session);
                Deliver(packet.Kind, datagram, source, nowMs);
            }
            catch (Exception exception)
            {
                Report(exception);
            }

            _forwarded.Release();
        }

        Flush(count);
        return count == MaxMessagesPerTurn;
    }

    private bool RunFrames(long nowMs)
    {
        if (_frames is null)
        {
            return false;
        }

        int count = 0;
        while (count < MaxMessagesPerTurn && _frames.TryPeek(out PacketQueue.Packet packet, out Span<byte> frame))
        {
            count++;
            _tcp!.Send((TcpConnection)packet.Session, frame, nowMs, ref _counters);
            _frames.Release();
        }

        Flush(count);
        return count == MaxMessagesPerTurn;
    }

    private void ReceiveFrom(int socket, long nowMs)
    {
        for (int batch = 0; batch < MaxBatchesPerTurn; batch++)
        {
            int count = _sockets.Receive(socket);
            for (int i = 0; i < count; i++)
            {
                Span<byte> datagram = _sockets.Datagram(i, out TransportAddress remote);
                _counters.Received++;
                _counters.ReceivedBytes += datagram.Length;
                try
                {
                    Receive(datagram, remote, socket, nowMs);
                }
                catch (Exception exception)
                {
                    // A defect of ours costs the packet that met it, not the sessions of everybody else.
                    Report(exception);
                }
            }

            Flush(count);
            if (count < DatagramSockets.ReceiveBatch)
            {
                return;
            }
        }
    }

    private void Receive(Span<byte> datagram, TransportAddress remote, int socket, long nowMs)
    {
        if (datagram.Length > PacketBuffer.MaxDatagram)
        {
            _counters.DroppedTooLong++;
            return;
        }

        PacketKind kind = PacketDemuxer.Classify(datagram);
        if (kind == PacketKind.Unknown)
        {
            _counters.DroppedUnknownProtocol++;
            return;
        }

        // media.md 9.4: everything but STUN only from addresses that an authenticated check came from.
        bool isRegistered = _paths.TryFind(remote, socket, out PathTable.Entry? entry);
        if (!isRegistered && kind != PacketKind.Stun)
        {
            _counters.DroppedUnregistered++;
            return;
        }

        Deliver(kind, datagram, new(this, remote, socket, entry?.Path, entry?.Session), nowMs);
    }

    /// <summary><c>false</c>: a check that proves nothing.</summary>
    private bool Deliver(PacketKind kind, Span<byte> datagram, in DatagramSource source, long nowMs)
    {
        switch (kind)
        {
            case PacketKind.Rtp:
                _handler.OnRtp(this, datagram, source.Path!, source.Session!, nowMs);
                break;
            case PacketKind.Rtcp:
                _handler.OnRtcp(this, datagram, source.Path!, source.Session!, nowMs);
                break;
            case PacketKind.Dtls:
                _handler.OnDtls(this, datagram, source.Path!, source.Session!, nowMs);
                break;
            case PacketKind.Stun:
                return _handler.OnStun(this, datagram, source, nowMs);
        }

        return true;
    }

    private void Tick(long nowMs)
    {
        bool isBusy = KeepsTicking || PathCount > 0;
        if (isBusy)
        {
            _nextTickMs = Math.Min(_nextTickMs, nowMs + _tickMs);
        }

        if (nowMs < _nextTickMs)
        {
            return;
        }

        _nextTickMs = nowMs + (isBusy ? _tickMs : IdleTickMs);
        try
        {
            _mayTickLate = !_handler.OnTick(this, nowMs);
        }
        catch (Exception exception)
        {
            Report(exception);
        }

        _tcp?.Sweep(nowMs, ref _counters);
        Flush(1);
    }

    private void WakeHandler(long nowMs)
    {
        if (nowMs < _wakeAtMs)
        {
            return;
        }

        _wakeAtMs = long.MaxValue;
        try
        {
            _handler.OnWake(this, nowMs);
        }
        catch (Exception exception)
        {
            Report(exception);
        }

        Flush(1);
    }

    private void Flush(int handled)
    {
        if (handled > 0)
        {
            Flush();
        }
    }

    private void Report(Exception exception)
    {
        _counters.HandlerFaults++;
        _onFault?.Invoke(exception);
    }
}
