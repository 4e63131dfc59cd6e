using System.Net;
using System.Net.Sockets;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Tests.Transport;

public sealed class MediaLoopAllocationTests
{
    [Fact]
    public void Receiving_dropping_forwarding_and_sending_allocate_nothing()
    {
        if (!LinuxNative.IsSupported)
        {
            return;
        }

        var handler = new CountingHandler();
        using MediaTransport transport = MediaTransport.Open(
            new() { LocalAddresses = [IPAddress.Loopback], Port = 0, LoopCount = 1, TickMs = 1 }, handler);
        transport.Start();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 10_000 };
        client.Connect(transport.LocalEndPoints[0]);
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        stranger.Connect(transport.LocalEndPoints[0]);
        byte[] buffer = new byte[PacketBuffer.Capacity];
        client.Send(Datagrams.Stun);
        client.Receive(buffer);

        // The first rounds compile and grow what is made once; the later ones must find everything in place.
        Exchange(rounds: 50);
        long before = handler.Allocated;
        Exchange(rounds: 200);

        Assert.Equal(0, handler.Allocated - before);
        Assert.Equal(250, transport.ReadCounters().DroppedUnregistered);

        void Exchange(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                stranger.Send(Datagrams.Rtp());
                stranger.Send(Datagrams.Stun);
                client.Send(Datagrams.Stun);
                client.Send(Datagrams.Rtp());
                client.Receive(buffer);
                client.Receive(buffer);
                client.Receive(buffer);
            }
        }
    }

    [Fact]
    public void Packets_over_tcp_allocate_nothing_either()
    {
        var handler = new CountingHandler();
        using MediaTransport transport = MediaTransport.Open(
            new() { LocalAddresses = [IPAddress.Loopback], Port = 0, TcpAddresses = [IPAddress.Loopback], LoopCount = 1, TickMs = 1 }, handler);
        transport.Start();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10_000, NoDelay = true };
        client.Connect(transport.TcpEndPoints[0]);
        byte[] frames = [.. FrameReaderTests.Frame(Datagrams.Stun), .. FrameReaderTests.Frame(Datagrams.Rtp()), .. FrameReaderTests.Frame(Datagrams.Rtp())];
        byte[] buffer = new byte[PacketBuffer.Capacity];

        Exchange(rounds: 50);
        long before = handler.Allocated;
        Exchange(rounds: 200);

        Assert.Equal(0, handler.Allocated - before);

        // Each round is echoed, and one of its media packets twice, through the loop's own queue.
        void Exchange(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                client.Send(frames);
                for (int expected = frames.Length + FrameReaderTests.Frame(Datagrams.Rtp()).Length; expected > 0;)
                {
                    int received = client.Receive(buffer, Math.Min(expected, buffer.Length), SocketFlags.None);
                    Assert.NotEqual(0, received);
                    expected -= received;
                }
            }
        }
    }

    /// <summary>Answers a registered peer, passes its RTP through the loop's own queues once more, and reads the thread's allocations.</summary>
    private sealed class CountingHandler : IDatagramHandler
    {
        private static readonly Action<MediaLoop, object?, long> Nothing = static (_, _, _) => { };

        private long _allocated;
        private bool _isKnown;
        private bool _isSecondTime;

        public long Allocated => Volatile.Read(ref _allocated);

        public bool OnStun(MediaLoop loop, Span<byte> datagram, in DatagramSource source, long nowMs)
        {
            if (!_isKnown)
            {
                _isKnown = true;
                TransportPath path = source.PathFor(this);
                loop.Register(path, this);
                Echo(loop, datagram, path);
            }
            else if (source.Path is not null)
            {
                Echo(loop, datagram, source.Path);
            }

            return true;
        }

        public void OnPathClosed(MediaLoop loop, TransportPath path, object session, long nowMs)
        {
        }

        public void OnDtls(MediaLoop loop, Span<byte> datagram, TransportPath path, object session, long nowMs)
        {
        }

        public void OnRtp(MediaLoop loop, Span<byte> datagram, TransportPath path, object session, long nowMs)
        {
            Echo(loop, datagram, path);
            _isSecondTime = !_isSecondTime;
            if (_isSecondTime)
            {
                loop.TryForward(PacketKind.Rtp, datagram, path, session);
                loop.Post(new(Nothing));
            }
        }

        public void OnRtcp(MediaLoop loop, Span<byte> datagram, TransportPath path, object session, long nowMs)
        {
        }

        public bool OnTick(MediaLoop loop, long nowMs) => true;

        private void Echo(MediaLoop loop, Span<byte> datagram, TransportPath path)
        {
            datagram.CopyTo(loop.Reserve());
            loop.Commit(datagram.Length, path);
            Volatile.Write(ref _allocated, GC.GetAllocatedBytesForCurrentThread());
        }
    }
}
