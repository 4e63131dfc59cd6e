using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Calls.Rtc.Transport;

/// <summary>Sockets read and written in batches with one system call each. All memory is native and laid out once.</summary>
internal sealed unsafe class LinuxDatagramSockets : DatagramSockets
{
    private const int CacheLine = 64;

    // Streams told of per wait; the others' turn comes with the next one.
    private const int MaxReadyStreams = 64;

    // Room for sockaddr_in6 (28 bytes).
    private const int NameSize = 32;
    private const uint MaxNameLength = 28;

    private readonly SafeFileDescriptor _epoll;
    private readonly SafeFileDescriptor _wakeEvent;
    private readonly int _epollDescriptor;
    private readonly int[] _descriptors;
    private readonly byte* _memory;
    private readonly byte* _events;
    private readonly byte* _receiveSlots;
    private readonly byte* _receiveNames;
    private readonly LinuxNative.MultipleMessageHeader* _receiveHeaders;
    private readonly byte* _sendSlots;
    private readonly byte* _sendNames;
    private readonly LinuxNative.IoVector* _sendVectors;
    private readonly LinuxNative.SegmentControl* _sendControls;

    // SendBatch headers for each socket: a batch may leave through several. And the group that each one is.
    private readonly LinuxNative.MultipleMessageHeader* _sendHeaders;
    private readonly int[] _headerGroups;
    private readonly int[] _queuedPerSocket;
    private readonly SendGroups _groups = new();
    private readonly StreamEvent[] _readyStreams = new StreamEvent[MaxReadyStreams];
    private readonly int _maxEvents;
    private int _readyStreamCount;
    private int _receivedFrom;
    private bool _usesSegmentation;

    public LinuxDatagramSockets(Socket[] sockets, bool usesSegmentation)
        : base(sockets)
    {
        _usesSegmentation = usesSegmentation && HasSegmentation(sockets[0]);
        _headerGroups = new int[SendBatch * sockets.Length];
        _descriptors = [.. sockets.Select(socket => (int)socket.Handle)];
        _queuedPerSocket = new int[sockets.Length];
        _epoll = LinuxNative.CreateEpoll();
        _epollDescriptor = (int)_epoll.DangerousGetHandle();
        _wakeEvent = LinuxNative.CreateEvent();
        for (int i = 0; i < sockets.Length; i++)
        {
            LinuxNative.Watch(_epoll, sockets[i].SafeHandle, i);
        }

        // The number behind the last socket means the event, those behind it the streams.
        LinuxNative.Watch(_epoll, _wakeEvent, sockets.Length);

        _maxEvents = sockets.Length + 1 + MaxReadyStreams;
        nuint eventsSize = (nuint)(_maxEvents * EpollEvents.EntrySize + CacheLine) & ~(nuint)(CacheLine - 1);
        nuint headerSize = (nuint)sizeof(LinuxNative.MultipleMessageHeader);
        nuint vectorSize = (nuint)sizeof(LinuxNative.IoVector);
        nuint receiveSize = ReceiveBatch * (PacketBuffer.Capacity + NameSize + headerSize + vectorSize);
        nuint controlSize = (nuint)sizeof(LinuxNative.SegmentControl);
        nuint sendSize = SendBatch * (PacketBuffer.Capacity + NameSize + (headerSize * (nuint)sockets.Length) + vectorSize + controlSize);
        nuint total = eventsSize + receiveSize + sendSize;
        _memory = (byte*)NativeMemory.AlignedAlloc(total, CacheLine);
        NativeMemory.Clear(_memory, total);

        byte* next = _memory;
        _receiveSlots = Take(ref next, ReceiveBatch * PacketBuffer.Capacity);
        _sendSlots = Take(ref next, SendBatch * PacketBuffer.Capacity);
        _receiveHeaders = (LinuxNative.MultipleMessageHeader*)Take(ref next, ReceiveBatch * headerSize);
        _sendHeaders = (LinuxNative.MultipleMessageHeader*)Take(ref next, SendBatch * headerSize * (nuint)sockets.Length);
        _receiveNames = Take(ref next, ReceiveBatch * NameSize);
        _sendNames = Take(ref next, SendBatch * NameSize);
        var receiveVectors = (LinuxNative.IoVector*)Take(ref next, ReceiveBatch * vectorSize);
        _sendVectors = (LinuxNative.IoVector*)Take(ref next, SendBatch * vectorSize);
        _sendControls = (LinuxNative.SegmentControl*)Take(ref next, SendBatch * controlSize);
        _events = Take(ref next, eventsSize);
        for (int i = 0; i < ReceiveBatch; i++)
        {
            receiveVectors[i] = new() { Base = _receiveSlots + (i * PacketBuffer.Capacity), Length = PacketBuffer.Capacity };
            _receiveHeaders[i].Name = _receiveNames + (i * NameSize);
            _receiveHeaders[i].Vectors = receiveVectors + i;
            _receiveHeaders[i].VectorCount = 1;
        }

        for (int i = 0; i < SendBatch; i++)
        {
            _sendControls[i] = new() { ControlLength = LinuxNative.SegmentControl.Length, Level = LinuxNative.SolUdp, Type = LinuxNative.UdpSegment };
        }
    }

    public override ReadOnlySpan<StreamEvent> ReadyStreams => _readyStreams.AsSpan(0, _readyStreamCount);

    private int FirstStream => Count + 1;

    public override ulong Wait(int timeoutMs)
    {
        ulong ready = 0;
        _readyStreamCount = 0;
        int count = LinuxNative.EpollWait(_epollDescriptor, _events, _maxEvents, timeoutMs);
        for (int i = 0; i < count; i++)
        {
            int source = EpollEvents.Data(_events, i);
            if (source < Count)
            {
                ready |= 1ul << source;
            }
            else if (source >= FirstStream)
            {
                NoteStream(source - FirstStream, EpollEvents.Flags(_events, i));
            }
            else
            {
                ulong wakes;
                LinuxNative.Read(_wakeEvent, &wakes, sizeof(ulong));
            }
        }

        return ready;
    }

    public override void Watch(IPollable stream, int token, bool isAdded, bool readable, bool writable)
    {
        uint events = (readable ? LinuxNative.EpollIn : 0) | (writable ? LinuxNative.EpollOut : 0);
        LinuxNative.TryWatch(_epoll, stream.Socket!.SafeHandle, FirstStream + token, isAdded, events);
    }

    public override void Unwatch(IPollable stream) => LinuxNative.Unwatch(_epoll, stream.Socket!.SafeHandle);

    public override void Wake()
    {
        ulong one = 1;
        LinuxNative.Write(_wakeEvent, &one, sizeof(ulong));
    }

    public override int Receive(int socket)
    {
        // The kernel overwrites the capacity with the length that it used.
        for (int i = 0; i < ReceiveBatch; i++)
        {
            _receiveHeaders[i].NameLength = MaxNameLength;
        }

        _receivedFrom = socket;
        return Math.Max(0, LinuxNative.ReceiveMultiple(_descriptors[socket], _receiveHeaders, ReceiveBatch));
    }

    public override Span<byte> Datagram(int index, out TransportAddress source)
    {
        source = ReadAddress(new ReadOnlySpan<byte>(_receiveNames + (index * NameSize), NameSize), _receivedFrom);
        return new(_receiveSlots + (index * PacketBuffer.Capacity), (int)_receiveHeaders[index].Length);
    }

    public override Span<byte> Reserve() => new(_sendSlots + (_groups.Packets * PacketBuffer.Capacity), PacketBuffer.Capacity);

    public override void Commit(int length, UdpPath path, ref TransportCounters counters)
    {
        ReadOnlySpan<byte> address = path.SocketAddress.Buffer.Span[..path.SocketAddress.Size];
        address.CopyTo(new Span<byte>(NameOf(_groups.Packets), NameSize));
        _groups.Add(length, path, _usesSegmentation);
        counters.SentBytes += length;
        if (_groups.Packets == SendBatch)
        {
            Flush(ref counters);
        }
    }

    public override void Flush(ref TransportCounters counters)
    {
        if (_groups.Packets == 0)
        {
            return;
        }

        LinuxNative.IoVector* vector = _sendVectors;
        for (int i = 0; i < _groups.Count; i++)
        {
            Prepare(i, ref vector);
        }

        for (int socket = 0; socket < _queuedPerSocket.Length; socket++)
        {
            if (_queuedPerSocket[socket] > 0)
            {
                Send(socket, _queuedPerSocket[socket], ref counters);
                _queuedPerSocket[socket] = 0;
            }
        }

        _groups.Clear();
    }

    public override bool TrySendNow(ReadOnlySpan<byte> datagram, UdpPath path)
    {
        try
        {
            fixed (byte* data = datagram)
            fixed (byte* address = path.SocketAddress.Buffer.Span)
            {
                nint sent = LinuxNative.SendTo(
                    Sockets[path.LocalIndex].SafeHandle,
                    data,
                    (nuint)datagram.Length,
                    LinuxNative.MsgDontWait | LinuxNative.MsgNoSignal,
                    address,
                    (uint)path.SocketAddress.Size);
                return sent == datagram.Length;
            }
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _epoll.Dispose();
        _wakeEvent.Dispose();
        NativeMemory.AlignedFree(_memory);
    }

    private void NoteStream(int token, uint flags)
    {
        if (_readyStreamCount < MaxReadyStreams)
        {
            bool isOver = (flags & (LinuxNative.EpollError | LinuxNative.EpollHangUp)) != 0;
            _readyStreams[_readyStreamCount++] = new(token, isOver || (flags & LinuxNative.EpollIn) != 0, (flags & LinuxNative.EpollOut) != 0);
        }
    }

    private static byte* Take(ref byte* next, nuint size)
    {
        byte* taken = next;
        next += size;
        return taken;
    }

    // Kernels before 4.18 do not know the option.
    private static bool HasSegmentation(Socket socket)
    {
        try
        {
            return socket.GetRawSocketOption(LinuxNative.SolUdp, LinuxNative.UdpSegment, stackalloc byte[sizeof(int)]) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private byte* NameOf(int packet) => _sendNames + (packet * NameSize);

    // One message per group, among those of the socket that it leaves through.
    private void Prepare(int group, ref LinuxNative.IoVector* vector)
    {
        ref readonly SendGroups.Group packets = ref _groups[group];
        int place = (packets.LocalIndex * SendBatch) + _queuedPerSocket[packets.LocalIndex]++;
        _headerGroups[place] = group;
        LinuxNative.MultipleMessageHeader* header = _sendHeaders + place;
        header->Name = NameOf(packets.First);
        header->NameLength = AddressLength(packets.LocalIndex);
        header->Vectors = vector;
        header->VectorCount = (nuint)packets.Count;
        int packet = packets.First;
        for (int i = 0; i < packets.Count; i++)
        {
            *vector++ = new() { Base = _sendSlots + (packet * PacketBuffer.Capacity), Length = (nuint)_groups.LengthOf(packet) };
            packet = _groups.NextOf(packet);
        }

        bool isCut = packets.Count > 1;
        LinuxNative.SegmentControl* control = _sendControls + group;
        control->SegmentSize = (ushort)packets.SegmentSize;
        header->Control = isCut ? control : null;
        header->ControlLength = isCut ? (nuint)sizeof(LinuxNative.SegmentControl) : 0;
    }

    private uint AddressLength(int socket) => Sockets[socket].AddressFamily == AddressFamily.InterNetwork ? 16u : MaxNameLength;

    private void Send(int socket, int count, ref TransportCounters counters)
    {
        int first = socket * SendBatch;
        for (int done = 0; done < count;)
        {
            int sent = LinuxNative.SendMultiple(_descriptors[socket], _sendHeaders + first + done, count - done);
            if (sent > 0)
            {
                counters.Sent += PacketsOf(first + done, sent);
                done += sent;
                continue;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error is LinuxNative.ErrorAgain or LinuxNative.ErrorNoBuffers)
            {
                // Waiting would stall every session of this loop; media that is late is lost anyway.
                counters.DroppedSendBufferFull += PacketsOf(first + done, count - done);
                return;
            }

            if (error != LinuxNative.ErrorInterrupted)
            {
                // The error belongs to the first message that is left; the others are for other peers.
                ref readonly SendGroups.Group group = ref _groups[_headerGroups[first + done]];
                if (group.Count > 1 && error is LinuxNative.ErrorInputOutput or LinuxNative.ErrorInvalid or LinuxNative.ErrorMessageSize)
                {
                    SendSingly(group, ref counters);
                    _usesSegmentation &= error != LinuxNative.ErrorInputOutput;
                }
                else
                {
                    counters.SendErrors += group.Count;
                }

                done++;
            }
        }
    }

    // EIO: the interface cannot do it at all. EINVAL or EMSGSIZE: these packets are longer than what the way takes, which one by one
    // may be fragmented.
    private void SendSingly(in SendGroups.Group group, ref TransportCounters counters)
    {
        int packet = group.First;
        for (int i = 0; i < group.Count; i++)
        {
            nint sent = LinuxNative.SendTo(
                Sockets[group.LocalIndex].SafeHandle,
                _sendSlots + (packet * PacketBuffer.Capacity),
                (nuint)_groups.LengthOf(packet),
                LinuxNative.MsgDontWait | LinuxNative.MsgNoSignal,
                NameOf(group.First),
                AddressLength(group.LocalIndex));
            counters.Sent += sent >= 0 ? 1 : 0;
            counters.SendErrors += sent >= 0 ? 0 : 1;
            packet = _groups.NextOf(packet);
        }
    }

    private int PacketsOf(int firstHeader, int headers)
    {
        int packets = 0;
        for (int i = 0; i < headers; i++)
        {
            packets += _groups[_headerGroups[firstHeader + i]].Count;
        }

        return packets;
    }
}
