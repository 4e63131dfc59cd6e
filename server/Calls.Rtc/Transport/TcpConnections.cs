using System.Runtime.InteropServices;

namespace Calls.Rtc.Transport;

/// <summary>
/// The TCP side of a media loop (RFC 6544, passive): accepts connections, takes packets out of them and puts packets into them.
/// Packets come from and go to the same places as datagrams.
/// </summary>
/// <remarks>
/// A connection has to begin with a check, and is closed if it does not, if it stays unproven, if it falls silent, or if its peer takes
/// nothing any more. Loop thread only. Allocates for connections, never for packets.
/// </remarks>
internal sealed class TcpConnections : IDisposable
{
    // Bounds of one turn, so that a flood cannot starve anybody else.
    private const int MaxAcceptsPerTurn = 32;
    private const int ReceiveBufferSize = 16 * 1024;

    private const int SweepMs = 1_000;

    private readonly MediaLoop _loop;
    private readonly DatagramSockets _sockets;
    private readonly IReadOnlyList<IStreamListener> _listeners;
    private readonly TcpAdmission _admission;
    private readonly TcpLimits _limits;
    private readonly StreamSegments _memory;
    private readonly List<TcpConnection?> _table = [];
    private readonly Stack<int> _freeSlots = new();
    private readonly List<TcpConnection> _queued = [];
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(ReceiveBufferSize);
    private long _nextSweepMs;
    private bool _isExhausted;

    /// <param name="listeners">In the order of <see cref="TransportPath.LocalIndex"/>.</param>
    public TcpConnections(
        MediaLoop loop, DatagramSockets sockets, IReadOnlyList<IStreamListener> listeners, TcpAdmission admission, TcpLimits limits)
    {
        _loop = loop;
        _sockets = sockets;
        _listeners = listeners;
        _admission = admission;
        _limits = limits;
        _memory = new(limits.MaxWaitingBytesPerLoop / StreamSegments.SegmentSize);
        for (int i = 0; i < listeners.Count; i++)
        {
            sockets.Watch(listeners[i], i, isAdded: true, readable: true, writable: false);
        }
    }

    /// <summary>Connections that belong to a session.</summary>
    public int BoundCount { get; private set; }

    public int Count => _table.Count - _freeSlots.Count;

    /// <summary>Does what the last wait found ready.</summary>
    public void HandleReady(long nowMs, ref TransportCounters counters)
    {
        foreach (StreamEvent ready in _sockets.ReadyStreams)
        {
            if (ready.Token < _listeners.Count)
            {
                Accept(ready.Token, nowMs, ref counters);
            }
            else if (Find(ready.Token) is { } connection)
            {
                if (ready.IsWritable)
                {
                    Write(connection, nowMs, ref counters);
                }

                if (ready.IsReadable)
                {
                    Read(connection, nowMs, ref counters);
                }

                _loop.Flush();
            }
        }
    }

    /// <summary>Queues a packet for a connection of this loop; <see cref="Flush"/> writes it.</summary>
    public void Send(TcpConnection connection, ReadOnlySpan<byte> packet, long nowMs, ref TransportCounters counters)
    {
        if (connection.IsClosed)
        {
            counters.DroppedTcpClosed++;
            return;
        }

        // RFC 7983: the first byte tells media from STUN and DTLS.
        bool isMedia = packet.Length > 0 && packet[0] >= 128;
        if (!connection.Outbound.TryAdd(packet, isMedia))
        {
            counters.DroppedTcpBacklogFull++;
            if (!isMedia)
            {
                // Without an answer to its checks the peer gives up anyway.
                counters.TcpClosedSlow++;
                Close(connection, nowMs, ref counters);
            }

            return;
        }

        counters.Sent++;
        counters.SentBytes += packet.Length;
        if (!connection.IsQueued && !connection.IsBlocked)
        {
            connection.IsQueued = true;
            _queued.Add(connection);
        }
    }

    /// <summary>Writes what has been queued since the last time, all packets of a connection together.</summary>
    public void Flush(long nowMs, ref TransportCounters counters)
    {
        for (int i = 0; i < _queued.Count; i++)
        {
            TcpConnection connection = _queued[i];
            connection.IsQueued = false;
            if (!connection.IsClosed)
            {
                Write(connection, nowMs, ref counters);
            }
        }

        _queued.Clear();
    }

    /// <summary>The session has proven itself on this connection. Returns the other session that had it until now, if any.</summary>
    public object? Bind(TcpConnection connection, object session, long nowMs)
    {
        object? previous = connection.Session;
        if (connection.IsClosed)
        {
            return null;
        }

        if (previous is null)
        {
            _admission.Prove(connection.Remote);
            BoundCount++;
        }

        connection.Session = session;
        connection.DeadlineMs = nowMs + _limits.IdleMs;
        return ReferenceEquals(previous, session) ? null : previous;
    }

    /// <summary>The session has left this connection. It stays open for what is still to be sent, and for another check.</summary>
    public bool Unbind(TcpConnection connection, long nowMs)
    {
        if (connection.Session is null)
        {
            return false;
        }

        connection.Session = null;
        BoundCount--;
        _admission.Unprove(connection.Remote);
        connection.DeadlineMs = nowMs + _limits.LingerMs;
        return true;
    }

    /// <summary>Closes what is overdue. To be called with every tick; looks about once a second.</summary>
    public void Sweep(long nowMs, ref TransportCounters counters)
    {
        if (nowMs < _nextSweepMs)
        {
            return;
        }

        _nextSweepMs = nowMs + SweepMs;
        if (_isExhausted)
        {
            _isExhausted = false;
            WatchListeners(readable: true);
        }

        foreach (TcpConnection? connection in CollectionsMarshal.AsSpan(_table))
        {
            if (connection is not null && nowMs >= connection.DeadlineMs)
            {
                counters.TcpClosedIdle++;
                Close(connection, nowMs, ref counters);
            }
            else if (connection is { IsBlocked: true } && nowMs - connection.LastProgressMs >= _limits.StalledMs)
            {
                counters.TcpClosedSlow++;
                Close(connection, nowMs, ref counters);
            }
        }
    }

    public void Dispose()
    {
        foreach (IStreamListener listener in _listeners)
        {
            listener.Dispose();
        }

        foreach (TcpConnection? connection in _table)
        {
            if (connection is not null)
            {
                _admission.Release(connection.Remote, connection.Session is not null);
                connection.Stream.Dispose();
            }
        }

        _table.Clear();
        _freeSlots.Clear();
    }

    private TcpConnection? Find(int token)
    {
        int slot = token - _listeners.Count;
        return slot < _table.Count ? _table[slot] : null;
    }

    private void Accept(int listener, long nowMs, ref TransportCounters counters)
    {
        for (int i = 0; i < MaxAcceptsPerTurn; i++)
        {
            switch (_listeners[listener].TryAccept(out IStreamSocket? stream, out TransportAddress remote))
            {
                case AcceptResult.Accepted:
                    Add(stream!, remote, listener, nowMs, ref counters);
                    break;
                case AcceptResult.Gone:
                    break;
                case AcceptResult.Exhausted:
                    // The connection would be reported again and again; the next sweep tries anew.
                    counters.TcpRefusedTooMany++;
                    _isExhausted = true;
                    WatchListeners(readable: false);
                    return;
                default:
                    return;
            }
        }
    }

    private void Add(IStreamSocket stream, in TransportAddress remote, int localIndex, long nowMs, ref TransportCounters counters)
    {
        TcpAdmissionResult admission = _admission.TryAdmit(remote);
        if (admission != TcpAdmissionResult.Admitted)
        {
            counters.TcpRefusedFromAddress += admission == TcpAdmissionResult.TooManyFromAddress ? 1 : 0;
            counters.TcpRefusedTooMany += admission == TcpAdmissionResult.TooMany ? 1 : 0;
            stream.Dispose();
            return;
        }

        counters.TcpAccepted++;
        var connection = new TcpConnection(stream, remote, localIndex, _loop, _memory)
        {
            DeadlineMs = nowMs + _limits.UnprovenMs,
            LastProgressMs = nowMs,
        };
        if (!_freeSlots.TryPop(out int slot))
        {
            slot = _table.Count;
            _table.Add(null);
        }

        connection.Slot = slot;
        _table[slot] = connection;
        _sockets.Watch(stream, TokenOf(connection), isAdded: true, readable: true, writable: false);

        // What came along with the connection is there already.
        Read(connection, nowMs, ref counters);
    }

    private void Read(TcpConnection connection, long nowMs, ref TransportCounters counters)
    {
        if (connection.IsClosed)
        {
            return;
        }

        int count = connection.Stream.Receive(_buffer);
        if (count < 0)
        {
            Close(connection, nowMs, ref counters);
            return;
        }

        ReadOnlySpan<byte> arrived = _buffer.AsSpan(0, count);
        while (!connection.IsClosed)
        {
            int maxLength = connection.Session is null ? _limits.MaxUnprovenPacket : _limits.MaxPacket;
            switch (connection.Inbound.TryRead(ref arrived, maxLength, out Span<byte> packet))
            {
                case FrameResult.Packet:
                    if (!_loop.ReceiveFrame(connection, packet, nowMs))
                    {
                        counters.TcpClosedUnproven++;
                        Close(connection, nowMs, ref counters);
                    }
                    else if (connection.Session is not null)
                    {
                        connection.DeadlineMs = nowMs + _limits.IdleMs;
                    }

                    break;
                case FrameResult.Skipped:
                    counters.DroppedTooLong++;
                    break;
                case FrameResult.Violation:
                    counters.TcpClosedFraming++;
                    Close(connection, nowMs, ref counters);
                    break;
                default:
                    return;
            }
        }
    }

    private void Write(TcpConnection connection, long nowMs, ref TransportCounters counters)
    {
        while (!connection.Outbound.Next.IsEmpty)
        {
            int written = connection.Stream.Send(connection.Outbound.Next);
            if (written < 0)
            {
                Close(connection, nowMs, ref counters);
                return;
            }

            if (written == 0)
            {
                Block(connection, isBlocked: true, nowMs);
                return;
            }

            connection.LastProgressMs = nowMs;
            connection.Outbound.Advance(written);
        }

        Block(connection, isBlocked: false, nowMs);
    }

    private void Block(TcpConnection connection, bool isBlocked, long nowMs)
    {
        if (connection.IsBlocked != isBlocked)
        {
            connection.IsBlocked = isBlocked;
            connection.LastProgressMs = nowMs;
            _sockets.Watch(connection.Stream, TokenOf(connection), isAdded: false, readable: true, writable: isBlocked);
        }
    }

    private void Close(TcpConnection connection, long nowMs, ref TransportCounters counters)
    {
        if (connection.IsClosed)
        {
            return;
        }

        connection.IsClosed = true;
        counters.TcpClosed++;
        object? session = connection.Session;
        if (session is not null)
        {
            connection.Session = null;
            BoundCount--;
        }

        _admission.Release(connection.Remote, session is not null);
        _sockets.Unwatch(connection.Stream);
        connection.Stream.Dispose();
        connection.Outbound.Clear();
        _table[connection.Slot] = null;
        _freeSlots.Push(connection.Slot);
        if (session is not null)
        {
            _loop.OnConnectionClosed(connection, session, nowMs);
        }
    }

    private void WatchListeners(bool readable)
    {
        for (int i = 0; i < _listeners.Count; i++)
        {
            _sockets.Watch(_listeners[i], i, isAdded: false, readable, writable: false);
        }
    }

    private int TokenOf(TcpConnection connection) => _listeners.Count + connection.Slot;
}
