using System.Diagnostics;
using System.Numerics;

namespace Calls.Rtc.Transport;

/// <summary>
/// A thread with sockets of its own that receives, hands packets to the handler and sends what it answers. One turn:
/// <list type="number">
/// <item>wait for a packet, a message or the next tick;</item>
/// <item>run messages, then packets that other loops passed on;</item>
/// <item>receive up to eight batches per socket and hand over each packet;</item>
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
    private readonly PathTable _paths = new();
    private readonly LoopMailbox _mailbox;
    private readonly PacketQueue _forwarded;
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
    private int _wakePending;
    private bool _hasBacklog;
    private bool _isStopping;

    internal MediaLoop(int index, DatagramSockets sockets, IDatagramHandler handler, MediaTransportOptions options)
    {
        Index = index;
        _sockets = sockets;
        _handler = handler;
        _nowMs = options.NowMs;
        _onFault = options.OnFault;
        _tickMs = options.TickMs;
        _mailbox = new(options.MailboxCapacity);
        _forwarded = new(options.PacketQueueCapacity);
        _thread = _runner = new(Run) { IsBackground = true, Name = $"media loop {index}" };
    }

    /// <summary>0 to loop count - 1.</summary>
    public int Index { get; }

    /// <summary>Registered paths.</summary>
    public int PathCount => _paths.Count;

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
        return _paths.Register(path, session);
    }

    /// <summary>Forgets a path. <c>false</c>: it was not registered, or has been registered anew for another session.</summary>
    public bool Unregister(TransportPath path)
    {
        Debug.Assert(IsCurrent, "Paths belong to the loop's thread.");
        return _paths.Unregister(path);
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

    internal void Close() => _sockets.Dispose();

    /// <summary>One turn on the caller's thread, for a loop that was not started.</summary>
    internal void RunTurn()
    {
        _runner = Thread.CurrentThread;
        Turn();
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
        int timeoutMs = _hasBacklog ? 0 : (int)Math.Clamp(NextTickMs - _nowAtTurnMs, 0, IdleTickMs);
        ulong ready = _sockets.Wait(timeoutMs);
        long nowMs = _nowAtTurnMs = _nowMs();

        // Cleared before the queues are read: whoever adds from here on wakes the loop again.
        Interlocked.Exchange(ref _wakePending, 0);
        _hasBacklog = RunMessages() | RunForwarded(nowMs);
        for (; ready != 0; ready &= ready - 1)
        {
            ReceiveFrom(BitOperations.TrailingZeroCount(ready), nowMs);
        }

        if (nowMs >= _wakeAtMs)
        {
            _wakeAtMs = long.MaxValue;
            Call(static (handler, loop, atMs) => handler.OnWake(loop, atMs), nowMs);
        }

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

    private void Deliver(PacketKind kind, Span<byte> datagram, in DatagramSource source, long nowMs)
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
                _handler.OnStun(this, datagram, source, nowMs);
                break;
        }
    }

    private void Tick(long nowMs)
    {
        bool isBusy = KeepsTicking || _paths.Count > 0;
        if (isBusy)
        {
            _nextTickMs = Math.Min(_nextTickMs, nowMs + _tickMs);
        }

        if (nowMs < _nextTickMs)
        {
            return;
        }

        _nextTickMs = nowMs + (isBusy ? _tickMs : IdleTickMs);
        Call(static (handler, loop, atMs) => handler.OnTick(loop, atMs), nowMs);
    }

    private void Call(Action<IDatagramHandler, MediaLoop, long> method, long nowMs)
    {
        try
        {
            method(_handler, this, nowMs);
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
            _sockets.Flush(ref _counters);
        }
    }

    private void Report(Exception exception)
    {
        _counters.HandlerFaults++;
        _onFault?.Invoke(exception);
    }
}
