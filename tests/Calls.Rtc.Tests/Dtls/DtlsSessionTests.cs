using Calls.Rtc.Dtls;

namespace Calls.Rtc.Tests.Dtls;

public sealed class DtlsSessionTests
{
    [Fact]
    public void Application_data_arrives_record_by_record_in_both_directions()
    {
        (DtlsPeer server, DtlsPeer client) = DtlsPeer.Connect();

        using (server)
        using (client)
        {
            byte[] largest = new byte[DtlsSession.MaxApplicationData];
            largest.AsSpan().Fill(7);
            Assert.True(client.Session.Send([1, 2, 3]));
            Assert.True(client.Session.Send(largest));
            Assert.True(server.Session.Send([4]));
            Assert.Equal(2, client.Sent.Count);
            DtlsPeer.Exchange(client, server);

            Assert.Equal([[1, 2, 3], largest], server.Data);
            Assert.Equal([[4]], client.Data);
        }
    }

    [Fact]
    public void What_cannot_be_sent_is_refused()
    {
        (DtlsPeer server, DtlsPeer client) = DtlsPeer.Connect();
        Assert.False(client.Session.Send([]));
        Assert.False(client.Session.Send(new byte[DtlsSession.MaxApplicationData + 1]));
        client.Dispose();
        Assert.False(client.Session.Send([1]));
        server.Session.Close();
        Assert.False(server.Session.Send([1]));
        server.Dispose();

        using var unconnected = new DtlsPeer(DtlsRole.Client);
        Assert.False(unconnected.Session.Send([1]));
        Assert.Throws<InvalidOperationException>(unconnected.Session.ExportSrtpKeys);
    }

    [Fact]
    [Trait("Spec", "media-33")]
    public void A_close_notify_closes_the_other_side_at_once()
    {
        (DtlsPeer server, DtlsPeer client) = DtlsPeer.Connect();

        using (server)
        using (client)
        {
            client.Session.Close();
            Assert.Equal(DtlsState.Closed, client.Session.State);

            server.Session.Receive(Assert.Single(client.TakeSent()), nowMs: 0);
            Assert.Equal(DtlsState.Closed, server.Session.State);
            Assert.Equal(DtlsFailure.None, server.Session.Failure);

            // And answers with its own.
            client.Session.Receive(Assert.Single(server.TakeSent()), nowMs: 0);
            Assert.Equal(DtlsState.Closed, client.Session.State);
            Assert.Empty(client.Sent);
        }
    }

    [Fact]
    public void A_replayed_record_is_delivered_once()
    {
        (DtlsPeer server, DtlsPeer client) = DtlsPeer.Connect();

        using (server)
        using (client)
        {
            client.Session.Send([9]);
            byte[] datagram = Assert.Single(client.TakeSent());
            server.Session.Receive(datagram, nowMs: 0);
            server.Session.Receive(datagram, nowMs: 0);
            Assert.Equal([[9]], server.Data);
        }
    }

    [Fact]
    public void The_output_may_answer_from_within_the_call()
    {
        (DtlsPeer server, DtlsPeer client) = DtlsPeer.Connect();

        using (server)
        using (client)
        {
            server.OnData = data => server.Session.Send([.. data, 1]);
            client.Session.Send([5]);
            client.Session.Send([6]);
            DtlsPeer.Exchange(client, server);
            Assert.Equal([[5, 1], [6, 1]], client.Data);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_output_may_end_the_session_from_within_the_call(bool dispose)
    {
        (DtlsPeer server, DtlsPeer client) = DtlsPeer.Connect();
        server.OnData = _ =>
        {
            server.Session.Close();

            if (dispose)
            {
                server.Session.Dispose();
            }
        };

        client.Session.Send([5]);
        client.Session.Send([6]);
        byte[][] datagrams = client.TakeSent();
        server.Session.Receive([.. datagrams[0], .. datagrams[1]], nowMs: 0);

        Assert.Single(server.Data);
        Assert.Equal(DtlsState.Closed, server.Session.State);
        server.Session.Receive(datagrams[1], nowMs: 0);
        Assert.Single(server.Data);
        server.Dispose();
        client.Dispose();
    }

    [Fact]
    public void Forged_records_do_nothing_to_a_connected_session()
    {
        const int Seed = 33;
        var random = new Random(Seed);
        (DtlsPeer server, DtlsPeer client) = DtlsPeer.Connect();

        using (server)
        using (client)
        {
            for (int i = 0; i < 10_000; i++)
            {
                client.Session.Send([(byte)i, 2, 3, 4]);
                byte[] datagram = Assert.Single(client.TakeSent());
                byte[] forged = Mutate(datagram, random);
                server.Session.Receive(forged, nowMs: i);
                Assert.True(server.Session.State == DtlsState.Connected, $"seed {Seed}, input {i}: {Convert.ToHexString(forged)} {server.Session.FailureDetail}");
            }

            // Well formed, but with no room for a tag: OpenSSL 3.0 would end the session.
            server.Session.Receive([23, 0xFE, 0xFD, 0, 1, 0, 0, 0x7F, 0, 0, 0, 0, 13, .. new byte[13]], nowMs: 0);
            Assert.Equal(DtlsState.Connected, server.Session.State);

            // Plain alerts (fatal, and close_notify) and a plain ClientHello are not the peer's any more.
            server.Session.Receive([21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 1, 0, 0, 2, 2, 40], nowMs: 0);
            server.Session.Receive([21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 1, 1, 0, 2, 1, 0], nowMs: 0);
            Assert.Equal(DtlsState.Connected, server.Session.State);

            server.TakeSent();
            server.Data.Clear();
            client.Session.Send([42]);
            server.Session.Receive(Assert.Single(client.TakeSent()), nowMs: 0);
            Assert.Equal([42], Assert.Single(server.Data));
        }
    }

    [Fact]
    public void Mutated_handshakes_end_in_a_state_but_never_in_an_exception()
    {
        const int Seed = 7;
        var random = new Random(Seed);
        int connected = 0;

        for (int i = 0; i < 200; i++)
        {
            using var server = new DtlsPeer(DtlsRole.Server);
            using var client = new DtlsPeer(DtlsRole.Client);
            client.Session.Start(nowMs: 0);

            for (int round = 0; round < 40 && client.Sent.Count + server.Sent.Count > 0; round++)
            {
                foreach ((DtlsPeer from, DtlsPeer to) in new[] { (client, server), (server, client) })
                {
                    foreach (byte[] datagram in from.TakeSent())
                    {
                        to.Session.Receive(random.Next(3) == 0 ? Mutate(datagram, random) : datagram, nowMs: 0);
                    }
                }
            }

            server.Session.HandleDeadline(250);
            client.Session.HandleDeadline(250);
            connected += server.Session.State == DtlsState.Connected ? 1 : 0;
            Assert.True(server.Session.State != DtlsState.Connected || server.Session.SelectedSrtpProfile == 7, $"seed {Seed}, run {i}");
        }

        Assert.InRange(connected, 1, 199);
    }

    [Fact]
    public void Random_datagrams_never_start_anything()
    {
        const int Seed = 20;
        var random = new Random(Seed);
        var server = new DtlsPeer(DtlsRole.Server);

        for (int i = 0; i < 10_000; i++)
        {
            byte[] datagram = new byte[random.Next(200)];
            random.NextBytes(datagram);

            if (datagram.Length > 13 && random.Next(4) != 0)
            {
                // A plausible record header in front.
                ReadOnlySpan<byte> header = [(byte)random.Next(20, 24), 0xFE, (byte)(0xFD + random.Next(2) * 2), 0, (byte)random.Next(2)];
                header.CopyTo(datagram);
                (datagram[11], datagram[12]) = (0, (byte)(datagram.Length - 13));
            }

            server.Session.Receive(datagram, nowMs: 0);
            Assert.True(server.Session.State is DtlsState.Handshaking or DtlsState.Failed, $"seed {Seed}, input {i}");

            if (server.Session.State == DtlsState.Failed)
            {
                server.Dispose();
                server = new DtlsPeer(DtlsRole.Server);
            }
        }

        Assert.Empty(server.Data);
        server.Dispose();
    }

    [Fact]
    public void Early_and_oversized_datagrams_are_capped_and_counted()
    {
        using var server = new DtlsPeer(DtlsRole.Server);
        using var client = new DtlsPeer(DtlsRole.Client);
        client.Session.Start(nowMs: 0);
        server.Session.Receive(client.Sent[0], nowMs: 0);

        byte[] early = new byte[100];
        new byte[] { 23, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 0, 0, 87 }.CopyTo(early, 0);

        for (int i = 0; i < 1000; i++)
        {
            early[9] = (byte)(i >> 8);
            early[10] = (byte)i;
            server.Session.Receive(early, nowMs: 0);
        }

        Assert.Equal(1000 - DtlsSession.MaxEarlyDatagrams, server.Session.DroppedDatagrams);
        server.Session.Receive(new byte[DtlsSession.MaxDatagram + 1], nowMs: 0);
        server.Session.Receive([], nowMs: 0);
        Assert.Equal(1002 - DtlsSession.MaxEarlyDatagrams, server.Session.DroppedDatagrams);
        Assert.Equal(DtlsState.Handshaking, server.Session.State);
    }

    [Fact]
    public void Data_that_overtakes_the_end_of_the_handshake_is_delivered_after_it()
    {
        using var server = new DtlsPeer(DtlsRole.Server);
        using var client = new DtlsPeer(DtlsRole.Client);
        client.Session.Start(nowMs: 0);
        server.Session.Receive(Assert.Single(client.TakeSent()), nowMs: 0);
        client.Session.Receive(Assert.Single(server.TakeSent()), nowMs: 0);
        byte[][] flight = client.TakeSent();

        foreach (byte[] datagram in flight)
        {
            server.Session.Receive(datagram, nowMs: 0);
        }

        // The server's first data record comes before its Finished.
        byte[][] last = server.TakeSent();
        server.Session.Send([1]);
        client.Session.Receive(Assert.Single(server.TakeSent()), nowMs: 0);
        Assert.Empty(client.Data);

        foreach (byte[] datagram in last)
        {
            client.Session.Receive(datagram, nowMs: 0);
        }

        Assert.Equal(DtlsState.Connected, client.Session.State);
        Assert.Equal([[1]], client.Data);
    }

    [Fact]
    public void A_record_costs_no_allocation()
    {
        (DtlsPeer server, DtlsPeer client) = DtlsPeer.Connect();
        server.Dispose();
        client.Dispose();

        var sink = new DirectLink();
        using var from = new DtlsSession(DtlsPeer.ClientContext, DtlsRole.Client, sink);
        var counter = new CountingOutput();
        using var to = new DtlsSession(DtlsPeer.ServerContext, DtlsRole.Server, counter);
        from.SetRemoteFingerprints([DtlsPeer.ServerContext.Fingerprint]);
        to.SetRemoteFingerprints([DtlsPeer.ClientContext.Fingerprint]);
        sink.To = to;
        counter.Back = from;
        from.Start(nowMs: 0);
        Assert.Equal(DtlsState.Connected, from.State);

        byte[] data = new byte[500];
        from.Send(data);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 100; i++)
        {
            from.Send(data);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(101, counter.Records);
    }

    [Fact]
    public void Sessions_that_nobody_disposed_are_collected()
    {
        WeakReference[] sessions = Abandon(50);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.True(sessions.Count(static session => session.IsAlive) <= 1);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference[] Abandon(int count)
    {
        var sessions = new WeakReference[count];

        for (int i = 0; i < count; i++)
        {
            var peer = new DtlsPeer(DtlsRole.Client);
            peer.Session.Start(nowMs: 0);
            sessions[i] = new(peer.Session);
        }

        return sessions;
    }

    private static byte[] Mutate(byte[] datagram, Random random)
    {
        byte[] mutated = [.. datagram];

        switch (random.Next(4))
        {
            case 0:
                return mutated[..random.Next(mutated.Length)];
            case 1:
                return [.. mutated, .. mutated];
            default:
                for (int changes = random.Next(1, 4); changes > 0; changes--)
                {
                    mutated[random.Next(mutated.Length)] ^= (byte)random.Next(1, 256);
                }

                return mutated;
        }
    }

    private sealed class DirectLink : IDtlsOutput
    {
        public DtlsSession? To { get; set; }

        public void SendDatagram(ReadOnlySpan<byte> datagram) => To!.Receive(datagram, nowMs: 0);

        public void OnApplicationData(ReadOnlySpan<byte> data)
        {
        }
    }

    private sealed class CountingOutput : IDtlsOutput
    {
        public DtlsSession? Back { get; set; }

        public int Records { get; private set; }

        public void SendDatagram(ReadOnlySpan<byte> datagram) => Back!.Receive(datagram, nowMs: 0);

        public void OnApplicationData(ReadOnlySpan<byte> data) => Records++;
    }
}
