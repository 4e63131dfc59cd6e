using System.Net;
using System.Net.Sockets;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Tests.Transport;

/// <summary>The TCP side of loops over real sockets on loopback; each behaviour with batched and with portable sockets.</summary>
public sealed class TcpTransportTests : IDisposable
{
    private readonly EchoHandler _handler = new();
    private readonly List<IDisposable> _opened = [];
    private long _nowMs = 1_000;

    public static TheoryData<bool> BothKindsOfSockets { get; } = [false, true];

    public void Dispose()
    {
        _opened.Reverse();
        _opened.ForEach(opened => opened.Dispose());
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void A_connection_that_begins_with_a_check_carries_every_kind_of_packet_both_ways(bool portable)
    {
        MediaTransport transport = Open(portable);
        Socket client = Connect(transport);
        Send(client, Datagrams.Stun);
        EchoHandler.Seen check = _handler.Next();
        Assert.Equal((PacketKind.Stun, null), (check.Kind, check.Session));
        Assert.Equal(TransportAddress.From((IPEndPoint)client.LocalEndPoint!, isTcp: true), check.Path.Remote);

        byte[][] packets = [Datagrams.Dtls, Datagrams.Rtp(), Datagrams.Rtcp, Datagrams.Stun];
        client.Send([.. packets.SelectMany(packet => FrameReaderTests.Frame(packet))]);

        Assert.Equal(Datagrams.Stun, Receive(client));
        foreach (byte[] packet in packets)
        {
            EchoHandler.Seen seen = _handler.Next();
            Assert.Equal(("peer", Convert.ToHexString(packet)), (seen.Session, seen.Hex));
            Assert.Same(check.Path, seen.Path);
            Assert.Equal(packet, Receive(client));
        }
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void A_packet_may_come_byte_by_byte(bool portable)
    {
        MediaTransport transport = Open(portable);
        Socket client = Connect(transport);
        foreach (byte value in FrameReaderTests.Frame(Datagrams.Stun))
        {
            client.Send([value]);
        }

        Assert.Equal(Convert.ToHexString(Datagrams.Stun), _handler.Next().Hex);
        Assert.Equal(Datagrams.Stun, Receive(client));
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void A_connection_that_begins_with_anything_else_is_closed(bool portable)
    {
        MediaTransport transport = Open(portable);
        byte[][] beginnings =
        [
            FrameReaderTests.Frame(Datagrams.Rtp()),
            FrameReaderTests.Frame(Datagrams.Dtls),
            FrameReaderTests.Frame("no protocol at all"u8),
            FrameReaderTests.Frame([]),
            "GET / HTTP/1.1\r\n\r\n"u8.ToArray(), // a length of 18245
            [2, 1, .. new byte[513]], // a check that long does not exist
        ];
        foreach (byte[] beginning in beginnings)
        {
            Socket client = Connect(transport);
            client.Send(beginning);
            AssertClosed(client);
        }

        TransportCounters counters = transport.ReadCounters();
        Assert.Equal((6, 6, 4, 2), (counters.TcpAccepted, counters.TcpClosed, counters.TcpClosedUnproven, counters.TcpClosedFraming));
        Assert.Empty(_handler.Packets);
        Assert.Equal(0, transport.Connections);
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void A_check_that_proves_nothing_ends_the_connection_and_is_not_answered(bool portable)
    {
        _handler.RefusesChecks = true;
        MediaTransport transport = Open(portable);
        Socket client = Connect(transport);
        Send(client, Datagrams.Stun);

        AssertClosed(client);
        Assert.Equal((1, 0), (transport.ReadCounters().TcpClosedUnproven, transport.ReadCounters().Sent));
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void A_bound_connection_survives_a_packet_without_meaning_but_not_an_impossible_length(bool portable)
    {
        MediaTransport transport = Open(portable);
        Socket client = Connect(transport);
        Send(client, Datagrams.Stun);
        TransportPath path = _handler.Next().Path;
        Assert.Equal(Datagrams.Stun, Receive(client));

        Send(client, "no protocol at all"u8);
        Send(client, new byte[8 * 1024]);
        Send(client, Datagrams.Rtp());
        Assert.Equal(Datagrams.Rtp(), Receive(client));
        _handler.Next();
        client.Send([0x20, 0x01]);
        AssertClosed(client);

        Assert.True(_handler.ClosedPaths.TryTake(out TransportPath? closed, TimeSpan.FromSeconds(10)));
        Assert.Same(path, closed);
        TransportCounters counters = transport.ReadCounters();
        Assert.Equal((1, 1, 1), (counters.DroppedUnknownProtocol, counters.DroppedTooLong, counters.TcpClosedFraming));
        OnLoop(transport.Loops[0], loop => Assert.Equal((0, 0), (loop.PathCount, loop.ConnectionCount)));
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void One_address_gets_no_more_than_its_share_of_connections_that_prove_nothing(bool portable)
    {
        MediaTransport transport = Open(portable, limits: new() { MaxUnprovenPerAddress = 3 });
        Socket[] held = [.. Enumerable.Range(0, 3).Select(_ => Connect(transport))];
        AssertClosed(Connect(transport));
        AssertClosed(Connect(transport));
        Assert.Equal(2, transport.ReadCounters().TcpRefusedFromAddress);
        Assert.Equal(3, transport.Connections);

        // Whoever proves itself makes room for the next one behind the same address.
        Send(held[0], Datagrams.Stun);
        Receive(held[0]);
        Socket late = Connect(transport);
        Send(late, Datagrams.Stun);
        Assert.Equal(Datagrams.Stun, Receive(late));
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void The_server_takes_no_more_connections_than_it_has_room_for(bool portable)
    {
        MediaTransport transport = Open(portable, limits: new() { MaxConnections = 2 });
        Socket[] held = [.. Enumerable.Range(0, 2).Select(_ => Connect(transport))];
        foreach (Socket client in held)
        {
            Send(client, Datagrams.Stun);
            Assert.Equal(Datagrams.Stun, Receive(client));
        }

        AssertClosed(Connect(transport));
        Assert.Equal(1, transport.ReadCounters().TcpRefusedTooMany);

        held[0].Dispose();
        Assert.True(_handler.ClosedPaths.TryTake(out _, TimeSpan.FromSeconds(10)));
        Socket next = Connect(transport);
        Send(next, Datagrams.Stun);
        Assert.Equal(Datagrams.Stun, Receive(next));
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void Silence_ends_a_connection_sooner_before_its_first_check_than_after(bool portable)
    {
        MediaTransport transport = Open(portable, limits: new() { UnprovenMs = 30_000, IdleMs = 45_000 });
        Socket silent = Connect(transport);
        Socket proven = Connect(transport);
        Send(proven, Datagrams.Stun);
        Assert.Equal(Datagrams.Stun, Receive(proven));
        OnLoop(transport.Loops[0], loop => Assert.Equal(2, loop.ConnectionCount));

        Volatile.Write(ref _nowMs, 1_000 + 30_000);
        AssertClosed(silent);
        Send(proven, Datagrams.Rtp());
        Assert.Equal(Datagrams.Rtp(), Receive(proven));
        Volatile.Write(ref _nowMs, 1_000 + 30_000 + 45_000);
        AssertClosed(proven);

        Assert.Equal(2, transport.ReadCounters().TcpClosedIdle);
        Assert.True(_handler.ClosedPaths.TryTake(out _, TimeSpan.FromSeconds(10)));
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void A_session_that_leaves_gives_its_connection_a_moment_and_another_check_keeps_it(bool portable)
    {
        MediaTransport transport = Open(portable, limits: new() { LingerMs = 2_000 });
        Socket client = Connect(transport);
        Send(client, Datagrams.Stun);
        TransportPath path = _handler.Next().Path;
        Receive(client);

        OnLoop(transport.Loops[0], loop => Assert.True(loop.Unregister(path)));
        OnLoop(transport.Loops[0], loop => Assert.False(loop.Unregister(path)));
        Assert.True(transport.SendFromAnyThread(Datagrams.Dtls, path));
        Assert.Equal(Datagrams.Dtls, Receive(client));
        Send(client, Datagrams.Stun);
        Assert.Equal(Datagrams.Stun, Receive(client));
        Volatile.Write(ref _nowMs, 1_000 + 5_000);
        Send(client, Datagrams.Rtp());
        Assert.Equal(Datagrams.Rtp(), Receive(client));

        OnLoop(transport.Loops[0], loop => Assert.True(loop.Unregister(path)));
        Volatile.Write(ref _nowMs, 1_000 + 8_000);
        AssertClosed(client);
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void A_reader_that_stops_loses_media_but_neither_its_checks_nor_anybody_elses_packets(bool portable)
    {
        MediaTransport transport = Open(portable);
        Socket slow = Connect(transport, receiveBufferBytes: 8 * 1024);
        Send(slow, Datagrams.Stun);
        TransportPath path = _handler.Next().Path;
        Receive(slow);
        Socket other = Connect(transport);
        Send(other, Datagrams.Stun);
        Receive(other);

        // Until the queue is full, whatever the system takes before.
        byte[] media = [.. Datagrams.Rtp(), .. new byte[1_187]];
        for (int i = 0; i < 1_000 && transport.ReadCounters().DroppedTcpBacklogFull == 0; i++)
        {
            OnLoop(transport.Loops[0], loop =>
            {
                for (int j = 0; j < 50; j++)
                {
                    media.CopyTo(loop.Reserve());
                    loop.Commit(media.Length, path);
                }
            });
        }

        long dropped = transport.ReadCounters().DroppedTcpBacklogFull;
        Assert.InRange(dropped, 1, long.MaxValue);
        Send(slow, Datagrams.Stun);
        Send(other, Datagrams.Rtp());
        Assert.Equal(Datagrams.Rtp(), Receive(other));

        // What was taken arrives whole, and the answer to the check behind it.
        int received = 0;
        byte[] packet;
        while ((packet = Receive(slow)).Length == media.Length)
        {
            Assert.Equal(media, packet);
            received++;
        }

        Assert.Equal(Datagrams.Stun, packet);
        Assert.Equal(dropped, transport.ReadCounters().DroppedTcpBacklogFull);
        Assert.InRange(received, OutboundFrames.MaxMediaBytes / 1_202, int.MaxValue);
        OnLoop(transport.Loops[0], loop => Assert.Equal(2, loop.ConnectionCount));
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void A_peer_that_takes_nothing_any_more_is_closed(bool portable)
    {
        MediaTransport transport = Open(portable, limits: new() { StalledMs = 20_000 });
        Socket slow = Connect(transport, receiveBufferBytes: 8 * 1024);
        Send(slow, Datagrams.Stun);
        TransportPath path = _handler.Next().Path;
        Receive(slow);
        byte[] media = [.. Datagrams.Rtp(), .. new byte[1_187]];
        for (int i = 0; i < 1_000 && transport.ReadCounters().DroppedTcpBacklogFull == 0; i++)
        {
            OnLoop(transport.Loops[0], loop =>
            {
                for (int j = 0; j < 50; j++)
                {
                    media.CopyTo(loop.Reserve());
                    loop.Commit(media.Length, path);
                }
            });
        }

        Volatile.Write(ref _nowMs, 1_000 + 21_000);

        Assert.True(_handler.ClosedPaths.TryTake(out _, TimeSpan.FromSeconds(10)), "the stalled connection was not closed");
        Assert.Equal(1, transport.ReadCounters().TcpClosedSlow);
        OnLoop(transport.Loops[0], loop =>
        {
            media.CopyTo(loop.Reserve());
            loop.Commit(media.Length, path);
        });
        Assert.Equal(1, transport.ReadCounters().DroppedTcpClosed);
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void Checks_of_a_peer_that_never_reads_an_answer_end_its_connection(bool portable)
    {
        MediaTransport transport = Open(portable);
        Socket slow = Connect(transport, receiveBufferBytes: 8 * 1024);
        Send(slow, Datagrams.Stun);
        TransportPath path = _handler.Next().Path;

        byte[] handshake = [.. Datagrams.Dtls, .. new byte[1_187]];
        for (int i = 0; i < 1_000 && _handler.ClosedPaths.Count == 0; i++)
        {
            OnLoop(transport.Loops[0], loop =>
            {
                for (int j = 0; j < 50; j++)
                {
                    handshake.CopyTo(loop.Reserve());
                    loop.Commit(handshake.Length, path);
                }
            });
        }

        Assert.Single(_handler.ClosedPaths);
        Assert.Equal(1, transport.ReadCounters().TcpClosedSlow);
    }

    [Fact]
    public void A_connection_is_sent_to_from_every_loop_without_mixing_packets()
    {
        MediaTransport transport = Open(portable: false, loops: 2);
        if (transport.Loops.Count < 2)
        {
            return;
        }

        Socket client = Connect(transport);
        Send(client, Datagrams.Stun);
        TransportPath path = _handler.Next().Path;
        Receive(client);
        const int PerSender = 100;
        foreach (MediaLoop sender in transport.Loops)
        {
            OnLoop(sender, loop =>
            {
                for (int i = 0; i < PerSender; i++)
                {
                    Datagrams.Rtp((byte)i).CopyTo(loop.Reserve());
                    loop.Reserve()[11] = (byte)loop.Index;
                    loop.Commit(13, path);
                }
            });
        }

        Assert.True(transport.SendFromAnyThread(Datagrams.Dtls, path));
        var next = new Dictionary<byte, byte>();
        for (int i = 0; i < 2 * PerSender;)
        {
            byte[] packet = Receive(client);
            if (packet.Length != 13 || packet[0] != 0x80)
            {
                Assert.Equal(Datagrams.Dtls, packet);
                continue;
            }

            Assert.Equal(next.GetValueOrDefault(packet[11]), packet[12]);
            next[packet[11]] = (byte)(packet[12] + 1);
            i++;
        }
    }

    [Fact]
    public void Packets_for_a_connection_of_another_loop_are_dropped_and_counted_when_its_queue_is_full()
    {
        MediaTransport transport = Open(portable: false, loops: 2);
        if (transport.Loops.Count < 2)
        {
            return;
        }

        Socket client = Connect(transport);
        Send(client, Datagrams.Stun);
        TransportPath path = _handler.Next().Path;
        MediaLoop owner = path.Loop!;
        MediaLoop other = transport.Loops[1 - owner.Index];
        using var isHeld = new ManualResetEventSlim();
        using var mayGo = new ManualResetEventSlim();
        owner.Post(new((_, _, _) =>
        {
            isHeld.Set();
            mayGo.Wait(TimeSpan.FromSeconds(10));
        }));
        Assert.True(isHeld.Wait(TimeSpan.FromSeconds(10)));
        OnLoop(other, loop =>
        {
            for (int i = 0; i < 4_200; i++)
            {
                Datagrams.Rtp().CopyTo(loop.Reserve());
                loop.Commit(13, path);
            }
        });
        Assert.False(transport.SendFromAnyThread(Datagrams.Dtls, path));
        mayGo.Set();

        Assert.Equal(4_200 - 4_096, transport.ReadCounters().DroppedTcpHandOverFull);
    }

    [Fact]
    public void A_port_that_is_taken_is_told_and_nothing_stays_open()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;

        RtcException refused = Assert.Throws<RtcException>(() => MediaTransport.Open(
            new() { LocalAddresses = [IPAddress.Loopback], Port = 0, TcpAddresses = [IPAddress.Loopback], TcpPort = port, LoopCount = 2 }, _handler));

        Assert.Equal(
            $"failed to create TCP listener: TCP port {port} on 127.0.0.1 is taken by another program (address already in use); stop it or choose another port",
            refused.Message);
    }

    [Fact]
    public void Both_transports_take_the_same_free_port_if_they_can()
    {
        MediaTransport transport = Open(portable: false);

        // Unless somebody has just that TCP port, which is possible on a busy machine.
        Assert.NotEqual(0, transport.TcpEndPoints[0].Port);
        Assert.Equal(IPAddress.Loopback, transport.TcpEndPoints[0].Address);
    }

    private MediaTransport Open(bool portable, TcpLimits? limits = null, int loops = 1)
    {
        MediaTransport transport = MediaTransport.Open(
            new()
            {
                LocalAddresses = [IPAddress.Loopback],
                Port = 0,
                TcpAddresses = [IPAddress.Loopback],
                LoopCount = loops,
                UsePortableSockets = portable,
                Tcp = limits ?? new(),
                NowMs = () => Volatile.Read(ref _nowMs),
            },
            _handler);
        _opened.Add(transport);
        transport.Start();

        // Time stands still for the loop, so that only the test decides when something is overdue. It ticks all the same.
        foreach (MediaLoop loop in transport.Loops)
        {
            loop.KeepsTicking = true;
        }

        return transport;
    }

    private Socket Connect(MediaTransport transport, int receiveBufferBytes = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10_000, NoDelay = true };
        _opened.Add(socket);
        if (receiveBufferBytes > 0)
        {
            socket.ReceiveBufferSize = receiveBufferBytes;
        }

        long accepted = Seen(transport);
        socket.Connect(transport.TcpEndPoints[0]);
        Assert.True(SpinWait.SpinUntil(() => Seen(transport) > accepted, TimeSpan.FromSeconds(10)), "the connection was not noticed");
        return socket;

        static long Seen(MediaTransport transport)
        {
            TransportCounters counters = transport.ReadCounters();
            return counters.TcpAccepted + counters.TcpRefusedFromAddress + counters.TcpRefusedTooMany;
        }
    }

    private static void Send(Socket client, ReadOnlySpan<byte> packet) => client.Send(FrameReaderTests.Frame(packet));

    private static byte[] Receive(Socket client)
    {
        byte[] header = ReceiveExactly(client, FrameReader.HeaderSize);
        return ReceiveExactly(client, (header[0] << 8) | header[1]);
    }

    private static byte[] ReceiveExactly(Socket client, int count)
    {
        byte[] bytes = new byte[count];
        for (int done = 0; done < count;)
        {
            int received = client.Receive(bytes.AsSpan(done));
            Assert.NotEqual(0, received);
            done += received;
        }

        return bytes;
    }

    private static void AssertClosed(Socket client)
    {
        try
        {
            Assert.Equal(0, client.Receive(new byte[1]));
        }
        catch (SocketException closed)
        {
            Assert.Equal(SocketError.ConnectionReset, closed.SocketErrorCode);
        }
    }

    private static void OnLoop(MediaLoop loop, Action<MediaLoop> action)
    {
        using var done = new ManualResetEventSlim();
        Exception? failure = null;
        Assert.True(loop.Post(new((on, _, _) =>
        {
            try
            {
                action(on);
            }
            catch (Exception exception)
            {
                failure = exception;
            }

            done.Set();
        })));
        Assert.True(done.Wait(TimeSpan.FromSeconds(10)));
        Assert.Null(failure);
    }
}
