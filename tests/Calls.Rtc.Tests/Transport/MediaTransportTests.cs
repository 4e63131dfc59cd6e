using System.Net;
using System.Net.Sockets;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Tests.Transport;

/// <summary>Loops over real sockets on loopback; each behaviour with batched and with portable sockets.</summary>
public sealed class MediaTransportTests : IDisposable
{
    private readonly EchoHandler _handler = new();
    private readonly List<IDisposable> _opened = [];

    public static TheoryData<bool> BothKindsOfSockets { get; } = [false, true];

    public void Dispose()
    {
        _opened.Reverse();
        _opened.ForEach(opened => opened.Dispose());
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void Only_stun_is_delivered_from_an_unknown_address(bool portable)
    {
        MediaTransport transport = Open(portable);
        Socket client = Client(transport.LocalEndPoints[0]);
        client.Send(Datagrams.Rtp());
        client.Send(Datagrams.Rtcp);
        client.Send(Datagrams.Dtls);
        client.Send(Datagrams.Stun);

        EchoHandler.Seen stun = _handler.Next();

        Assert.Equal((PacketKind.Stun, Convert.ToHexString(Datagrams.Stun)), (stun.Kind, stun.Hex));
        Assert.Null(stun.Session);
        Assert.Equal(client.LocalEndPoint, stun.Path.Remote.ToEndPoint());
        Assert.Equal(3, transport.ReadCounters().DroppedUnregistered);
        Assert.Equal(Datagrams.Stun, Receive(client));
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void A_registered_address_brings_its_session_with_every_packet(bool portable)
    {
        MediaTransport transport = Open(portable);
        Socket client = Client(transport.LocalEndPoints[0]);
        client.Send(Datagrams.Stun);
        TransportPath path = _handler.Next().Path;

        client.Send(Datagrams.Dtls);
        client.Send(Datagrams.Rtp());
        client.Send(Datagrams.Rtcp);
        client.Send(Datagrams.Stun);

        PacketKind[] kinds = [PacketKind.Dtls, PacketKind.Rtp, PacketKind.Rtcp, PacketKind.Stun];
        foreach (PacketKind kind in kinds)
        {
            EchoHandler.Seen seen = _handler.Next();
            Assert.Equal((kind, "peer"), (seen.Kind, seen.Session));
            Assert.Same(path, seen.Path);
        }
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void An_unregistered_address_is_unknown_again(bool portable)
    {
        MediaTransport transport = Open(portable);
        Socket client = Client(transport.LocalEndPoints[0]);
        client.Send(Datagrams.Stun);
        TransportPath path = _handler.Next().Path;

        using var done = new ManualResetEventSlim();
        Assert.True(transport.Loops[0].Post(new((loop, state, _) =>
        {
            Assert.True(loop.Unregister((TransportPath)state!));
            done.Set();
        }, path)));
        Assert.True(done.Wait(TimeSpan.FromSeconds(10)));
        client.Send(Datagrams.Rtp());
        client.Send(Datagrams.Stun);

        Assert.Equal(PacketKind.Stun, _handler.Next().Kind);
        Assert.Equal(1, transport.ReadCounters().DroppedUnregistered);
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void Foreign_and_oversized_datagrams_are_counted_and_dropped(bool portable)
    {
        MediaTransport transport = Open(portable);
        Socket client = Client(transport.LocalEndPoints[0]);
        byte[] oversized = new byte[PacketBuffer.MaxDatagram + 1];
        byte[] beyondTheSlot = new byte[PacketBuffer.Capacity + 500];
        client.Send("GET / HTTP/1.1"u8);
        client.Send(Array.Empty<byte>());
        client.Send(oversized);
        client.Send(beyondTheSlot);
        client.Send(Datagrams.Stun);

        Assert.Equal(PacketKind.Stun, _handler.Next().Kind);
        TransportCounters counters = transport.ReadCounters();
        Assert.Equal((2, 2, 5), (counters.DroppedUnknownProtocol, counters.DroppedTooLong, counters.Received));
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void More_packets_than_a_batch_come_back_complete_and_in_order(bool portable)
    {
        const int Packets = 200;
        MediaTransport transport = Open(portable);
        Socket client = Client(transport.LocalEndPoints[0]);
        client.Send(Datagrams.Stun);
        Assert.Equal(Datagrams.Stun, Receive(client));
        for (int i = 0; i < Packets; i++)
        {
            client.Send(Datagrams.Rtp((byte)i));
        }

        for (int i = 0; i < Packets; i++)
        {
            Assert.Equal(Datagrams.Rtp((byte)i), Receive(client));
        }

        // Sent is counted when the batch has left, which may be just after the client has read its last packet.
        OnLoop(transport.Loops[0], _ => { });
        TransportCounters counters = transport.ReadCounters();
        Assert.Equal((Packets + 1, Packets + 1), (counters.Received, counters.Sent));
        Assert.Equal(counters.ReceivedBytes, counters.SentBytes);
        Assert.Equal(20 + (Packets * 13), counters.SentBytes);
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void Answers_leave_from_the_address_that_was_asked(bool portable)
    {
        MediaTransport transport = Open(portable, addresses: ["127.0.0.1", "127.0.0.2", "127.0.0.3"]);
        Socket client = Client();
        foreach (IPEndPoint local in transport.LocalEndPoints)
        {
            client.SendTo(Datagrams.Stun, local);
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            client.ReceiveFrom(new byte[100], ref from);

            Assert.Equal(local, from);
        }

        // One client socket that talks to three of our addresses has three paths.
        Assert.Equal([0, 1, 2], Enumerable.Range(0, 3).Select(_ => _handler.Next().Path.LocalIndex));
        OnLoop(transport.Loops[0], loop => Assert.Equal(3, loop.PathCount));
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void One_batch_may_leave_through_several_sockets(bool portable)
    {
        MediaTransport transport = Open(portable, addresses: ["127.0.0.1", "127.0.0.2"]);
        Socket client = Client();
        client.SendTo(Datagrams.Stun, transport.LocalEndPoints[0]);
        TransportPath first = _handler.Next().Path;
        client.SendTo(Datagrams.Stun, transport.LocalEndPoints[1]);
        TransportPath second = _handler.Next().Path;
        Receive(client);
        Receive(client);

        OnLoop(transport.Loops[0], loop =>
        {
            for (byte i = 0; i < 100; i++)
            {
                Datagrams.Rtp(i).CopyTo(loop.Reserve());
                loop.Commit(13, i % 2 == 0 ? first : second);
            }
        });

        var received = new Dictionary<EndPoint, List<byte>>();
        for (int i = 0; i < 100; i++)
        {
            byte[] buffer = new byte[100];
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            Assert.Equal(13, client.ReceiveFrom(buffer, ref from));
            if (!received.TryGetValue(from, out List<byte>? markers))
            {
                received[from] = markers = [];
            }

            markers.Add(buffer[12]);
        }

        Assert.Equal(Enumerable.Range(0, 50).Select(i => (byte)(2 * i)), received[transport.LocalEndPoints[0]]);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (byte)((2 * i) + 1)), received[transport.LocalEndPoints[1]]);
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void Ipv6_is_served_beside_ipv4_on_the_same_port(bool portable)
    {
        if (!Socket.OSSupportsIPv6)
        {
            return;
        }

        MediaTransport transport = Open(portable, addresses: ["::1", "127.0.0.1"]);
        Socket client = Client(transport.LocalEndPoints[0]);
        client.Send(Datagrams.Stun);

        EchoHandler.Seen seen = _handler.Next();

        Assert.Equal(client.LocalEndPoint, seen.Path.Remote.ToEndPoint());
        Assert.Equal(Datagrams.Stun, Receive(client));
        Assert.Equal(transport.LocalEndPoints[0].Port, transport.LocalEndPoints[1].Port);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Bursts_for_several_peers_arrive_whole_and_in_order_whether_the_kernel_cuts_them_or_not(bool isCut)
    {
        const int Seed = 103;
        const int Packets = 600; // more than a batch
        var random = new Random(Seed);
        MediaTransport transport = Open(portable: !LinuxNative.IsSupported, configure: options => options with { UsesSegmentation = isCut });
        Socket[] clients = [Client(transport.LocalEndPoints[0]), Client(transport.LocalEndPoints[0]), Client(transport.LocalEndPoints[0])];
        TransportPath[] paths = [.. clients.Select(client =>
        {
            client.ReceiveBufferSize = 4 << 20;
            client.Send(Datagrams.Stun);
            TransportPath path = _handler.Next().Path;
            Receive(client);
            return path;
        })];
        List<byte[]>[] sent = [[], [], []];

        // In steps, so that what waits fits into any receive buffer.
        for (int step = 0; step < 10; step++)
        {
            OnLoop(transport.Loops[0], loop =>
            {
                for (int i = 0; i < Packets / 10; i++)
                {
                    int peer = random.Next(3);
                    // Mostly pictures: equal packets, and a shorter one at the end.
                    byte[] packet = new byte[random.Next(4) == 0 ? random.Next(1, 1_000) : 1_000];
                    random.NextBytes(packet);
                    packet.CopyTo(loop.Reserve());
                    loop.Commit(packet.Length, paths[peer]);
                    sent[peer].Add(packet);
                }
            });
            for (int peer = 0; peer < clients.Length; peer++)
            {
                foreach (byte[] packet in sent[peer])
                {
                    Assert.True(packet.AsSpan().SequenceEqual(Receive(clients[peer])), $"seed {Seed}, step {step}, peer {peer}");
                }

                sent[peer].Clear();
            }
        }

        OnLoop(transport.Loops[0], _ => { });
        Assert.Equal(Packets + clients.Length, transport.ReadCounters().Sent);
        Assert.Equal(0, transport.ReadCounters().SendErrors);
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void A_reserved_slot_that_is_not_committed_is_not_sent(bool portable)
    {
        MediaTransport transport = Open(portable);
        Socket client = Client(transport.LocalEndPoints[0]);
        client.Send(Datagrams.Stun);
        TransportPath path = _handler.Next().Path;
        Receive(client);

        OnLoop(transport.Loops[0], loop =>
        {
            Assert.Equal(PacketBuffer.Capacity, loop.Reserve().Length);
            Datagrams.Rtp(1).CopyTo(loop.Reserve());
            Datagrams.Rtp(2).CopyTo(loop.Reserve());
            loop.Commit(13, path);
        });

        Assert.Equal(Datagrams.Rtp(2), Receive(client));
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void A_path_of_another_kind_is_counted_and_dropped(bool portable)
    {
        MediaTransport transport = Open(portable);

        OnLoop(transport.Loops[0], loop => loop.Commit(1, new Ice.TestPath("192.0.2.1:1")));

        Assert.Equal(1, transport.ReadCounters().DroppedForeignPath);
        Assert.False(transport.SendFromAnyThread([1], new Ice.TestPath("192.0.2.1:1")));
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void A_packet_that_the_kernel_refuses_does_not_hold_up_the_others(bool portable)
    {
        MediaTransport transport = Open(portable);
        Socket client = Client(transport.LocalEndPoints[0]);
        client.Send(Datagrams.Stun);
        TransportPath path = _handler.Next().Path;
        Receive(client);
        // Port 0 cannot be sent to.
        var impossible = new UdpPath(transport.Loops[0], 0, path.Remote with { Port = 0 });

        OnLoop(transport.Loops[0], loop =>
        {
            foreach (TransportPath target in new[] { path, impossible, impossible, path })
            {
                Datagrams.Rtp(7).CopyTo(loop.Reserve());
                loop.Commit(13, target);
            }
        });
        OnLoop(transport.Loops[0], _ => { });

        Assert.Equal(Datagrams.Rtp(7), Receive(client));
        Assert.Equal(Datagrams.Rtp(7), Receive(client));
        Assert.Equal((3, 2), (transport.ReadCounters().Sent, transport.ReadCounters().SendErrors));
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void Any_thread_may_send_at_once_until_the_transport_is_closed(bool portable)
    {
        MediaTransport transport = Open(portable);
        Socket client = Client(transport.LocalEndPoints[0]);
        client.Send(Datagrams.Stun);
        TransportPath path = _handler.Next().Path;
        Receive(client);

        Assert.Same(transport.Loops[0], path.Loop);
        Assert.True(transport.SendFromAnyThread(Datagrams.Dtls, path));
        Assert.Equal(Datagrams.Dtls, Receive(client));

        transport.Dispose();
        Assert.False(transport.SendFromAnyThread(Datagrams.Dtls, path));
        Assert.Equal(1, transport.ReadCounters().SendErrors);
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void An_exception_of_the_handler_costs_one_packet_and_is_reported(bool portable)
    {
        var faults = new List<Exception>();
        MediaTransport transport = Open(portable, configure: options => options with { OnFault = faults.Add });
        Socket client = Client(transport.LocalEndPoints[0]);
        var defect = new InvalidOperationException("defect");
        _handler.Throws = defect;
        client.Send(Datagrams.Stun);
        OnLoop(transport.Loops[0], _ => throw defect, mayThrow: true);
        SpinWait.SpinUntil(() => transport.ReadCounters().HandlerFaults == 2, TimeSpan.FromSeconds(10));

        _handler.Throws = null;
        client.Send(Datagrams.Stun);

        Assert.Equal(PacketKind.Stun, _handler.Next().Kind);
        Assert.Equal(2, transport.ReadCounters().HandlerFaults);
        Assert.Equal([defect, defect], faults);
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void A_loop_with_paths_ticks_at_its_rate(bool portable)
    {
        MediaTransport transport = Open(portable, configure: options => options with { TickMs = 2 });
        Socket client = Client(transport.LocalEndPoints[0]);
        client.Send(Datagrams.Stun);
        _handler.Next();
        while (_handler.Ticks.TryTake(out _))
        {
        }

        long previous = 0;
        for (int i = 0; i < 5; i++)
        {
            Assert.True(_handler.Ticks.TryTake(out long tick, TimeSpan.FromSeconds(10)));
            Assert.True(i == 0 || tick - previous >= 2, $"{tick - previous} ms");
            previous = tick;
        }
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void A_tick_that_nothing_waits_for_does_not_wake_the_loop_in_time(bool portable)
    {
        _handler.IsPunctual = false;
        MediaTransport transport = Open(portable, configure: options => options with { TickMs = 2, TickSlackMs = 50 });
        Socket client = Client(transport.LocalEndPoints[0]);
        client.Send(Datagrams.Stun);
        _handler.Next();
        while (_handler.Ticks.TryTake(out _))
        {
        }

        Assert.True(_handler.Ticks.TryTake(out long first, TimeSpan.FromSeconds(10)));
        Assert.True(_handler.Ticks.TryTake(out long second, TimeSpan.FromSeconds(10)));
        Assert.True(second - first >= 50, $"{second - first} ms");
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void Every_message_wakes_an_idle_loop(bool portable)
    {
        MediaTransport transport = Open(portable);
        long start = Environment.TickCount64;
        for (int i = 0; i < 20; i++)
        {
            OnLoop(transport.Loops[0], _ => { });
        }

        // Left to its idle ticks, the loop would need about 20 s.
        Assert.True(Environment.TickCount64 - start < 10_000);
    }

    [Theory]
    [MemberData(nameof(BothKindsOfSockets))]
    public void A_full_mailbox_and_a_full_packet_queue_refuse_and_count(bool portable)
    {
        MediaTransport transport = Open(
            portable, configure: options => options with { MailboxCapacity = 4, PacketQueueCapacity = 4 });
        MediaLoop loop = transport.Loops[0];
        using var entered = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        Assert.True(loop.Post(new((_, _, _) =>
        {
            entered.Set();
            release.Wait();
        })));
        Assert.True(entered.Wait(TimeSpan.FromSeconds(10)));
        var path = new UdpPath(loop, 0, TransportAddress.From(transport.LocalEndPoints[0]));

        int posted = Enumerable.Range(0, 10).Count(_ => loop.Post(new(static (_, _, _) => { })));
        int forwarded = Enumerable.Range(0, 10).Count(_ => loop.TryForward(PacketKind.Rtp, Datagrams.Rtp(), path, "peer"));
        release.Set();

        Assert.Equal((4, 4), (posted, forwarded));
        Assert.Equal((6, 6), (transport.ReadCounters().MessagesRefused, transport.ReadCounters().ForwardsRefused));
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal("peer", _handler.Next().Session);
        }
    }

    [Fact]
    public void A_client_stays_on_one_loop_and_many_clients_spread()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        const int Clients = 64;
        MediaTransport transport = Open(portable: false, configure: options => options with { LoopCount = 4 });
        Assert.Equal(4, transport.Loops.Count);
        var loops = new HashSet<int>();
        for (int i = 0; i < Clients; i++)
        {
            Socket client = Client(transport.LocalEndPoints[0]);
            client.Send(Datagrams.Stun);
            EchoHandler.Seen first = _handler.Next();
            client.Send(Datagrams.Rtp());
            EchoHandler.Seen second = _handler.Next();

            Assert.Equal((PacketKind.Rtp, first.Loop), (second.Kind, second.Loop));
            Assert.Equal(first.Loop, first.Path.Loop!.Index);
            loops.Add(first.Loop);
            Receive(client);
            Receive(client);
        }

        // The chance that 64 clients leave one of four loops out is 4e-8.
        Assert.Equal(4, loops.Count);
    }

    [Fact]
    public void A_packet_passed_to_another_loop_is_handled_and_answered_there()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        MediaTransport transport = Open(portable: false, configure: options => options with { LoopCount = 2 });
        Socket client = Client(transport.LocalEndPoints[0]);
        client.Send(Datagrams.Stun);
        EchoHandler.Seen seen = _handler.Next();
        Receive(client);
        MediaLoop other = transport.Loops[1 - seen.Loop];

        Assert.True(other.TryForward(PacketKind.Rtp, Datagrams.Rtp(5), seen.Path, "peer"));

        EchoHandler.Seen forwarded = _handler.Next();
        Assert.Equal((PacketKind.Rtp, other.Index, "peer"), (forwarded.Kind, forwarded.Loop, forwarded.Session));
        Assert.Equal(Datagrams.Rtp(5), Receive(client));
    }

    private MediaTransport Open(
        bool portable, string[]? addresses = null, Func<MediaTransportOptions, MediaTransportOptions>? configure = null)
    {
        var options = new MediaTransportOptions
        {
            LocalAddresses = [.. (addresses ?? ["127.0.0.1"]).Select(IPAddress.Parse)],
            Port = 0,
            LoopCount = 1,
            SocketBufferBytes = 1 << 20,
            UsePortableSockets = portable,
        };
        MediaTransport transport = MediaTransport.Open(configure is null ? options : configure(options), _handler);
        _opened.Add(transport);
        transport.Start();
        return transport;
    }

    private Socket Client(IPEndPoint? server = null)
    {
        AddressFamily family = server?.AddressFamily ?? AddressFamily.InterNetwork;
        var client = new Socket(family, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 10_000 };
        _opened.Add(client);
        client.Bind(new IPEndPoint(family == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback, 0));
        if (server is not null)
        {
            client.Connect(server);
        }

        return client;
    }

    private static byte[] Receive(Socket client)
    {
        byte[] buffer = new byte[PacketBuffer.Capacity];
        return buffer[..client.Receive(buffer)];
    }

    private static void OnLoop(MediaLoop loop, Action<MediaLoop> action, bool mayThrow = false)
    {
        using var done = new ManualResetEventSlim();
        Exception? failure = null;
        Assert.True(loop.Post(new((current, _, _) =>
        {
            try
            {
                Assert.True(current.IsCurrent);
                action(current);
            }
            catch (Exception exception) when (!mayThrow)
            {
                failure = exception;
            }
            finally
            {
                done.Set();
            }
        })));
        Assert.True(done.Wait(TimeSpan.FromSeconds(10)));
        Assert.Null(failure);
    }
}
