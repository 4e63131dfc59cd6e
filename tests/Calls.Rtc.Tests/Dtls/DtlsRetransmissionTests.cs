using Calls.Rtc.Dtls;

namespace Calls.Rtc.Tests.Dtls;

public sealed class DtlsRetransmissionTests
{
    [Fact]
    [Trait("Spec", "media-29")]
    public void One_hundred_handshakes_complete_in_time_with_a_fifth_of_the_datagrams_lost_and_others_reordered()
    {
        long slowest = 0;

        for (int seed = 1; seed <= 100; seed++)
        {
            using var server = new DtlsPeer(DtlsRole.Server);
            using var client = new DtlsPeer(DtlsRole.Client);
            var network = new LossyNetwork(client, server, seed, loss: 0.2);
            network.RunUntilConnected();

            Assert.True(
                client.Session.State == DtlsState.Connected && server.Session.State == DtlsState.Connected,
                $"seed {seed}: client {client.Session.State} {client.Session.Failure}, server {server.Session.State} {server.Session.Failure} {server.Session.FailureDetail}");
            Assert.True(network.NowMs < DtlsSession.HandshakeTimeoutMs, $"seed {seed}: {network.NowMs} ms");
            Assert.Equal(server.Session.ExportSrtpKeys(), client.Session.ExportSrtpKeys());
            slowest = Math.Max(slowest, network.NowMs);
        }

        // So much loss must have cost somebody a retransmission: otherwise the network did nothing.
        Assert.True(slowest > 1000, $"The slowest took {slowest} ms.");
    }

    [Fact]
    public void A_flight_is_repeated_after_250_ms_and_then_at_twice_the_interval_up_to_3_s()
    {
        using var client = new DtlsPeer(DtlsRole.Client);
        Assert.Null(client.Session.DeadlineMs);
        client.Session.Start(nowMs: 1000);
        byte[] hello = Assert.Single(client.TakeSent());
        var repeatedAt = new List<long>();

        while (client.Session.State == DtlsState.Handshaking)
        {
            long deadline = client.Session.DeadlineMs!.Value;
            client.Session.HandleDeadline(deadline - 1);
            Assert.Empty(client.Sent);
            client.Session.HandleDeadline(deadline);

            foreach (byte[] repeated in client.TakeSent())
            {
                repeatedAt.Add(deadline - 1000);

                // The same message in a record with a new number (RFC 6347 4.2.4).
                Assert.Equal(hello[..10], repeated[..10]);
                Assert.Equal(repeatedAt.Count, repeated[10]);
                Assert.Equal(hello[11..], repeated[11..]);
            }
        }

        Assert.Equal([250, 750, 1750, 3750, 6750, 9750, 12750, 15750, 18750, 21750, 24750], repeatedAt);
        Assert.Equal(DtlsFailure.Timeout, client.Session.Failure);
        Assert.Null(client.Session.DeadlineMs);
    }

    [Fact]
    public void A_server_whose_client_stays_away_fails_after_30_s()
    {
        using var server = new DtlsPeer(DtlsRole.Server);
        server.Session.Start(nowMs: 500);
        Assert.Equal(30_500, server.Session.DeadlineMs);
        server.Session.HandleDeadline(30_499);
        Assert.Equal(DtlsState.Handshaking, server.Session.State);
        server.Session.HandleDeadline(30_500);
        Assert.Equal(DtlsFailure.Timeout, server.Session.Failure);
    }

    [Fact]
    public void A_lost_server_flight_is_repeated_by_the_server_alone()
    {
        using var server = new DtlsPeer(DtlsRole.Server);
        using var client = new DtlsPeer(DtlsRole.Client);
        client.Session.Start(nowMs: 0);
        server.Session.Receive(Assert.Single(client.TakeSent()), nowMs: 10);
        Assert.NotEmpty(server.TakeSent());

        server.Session.HandleDeadline(260);
        Assert.NotEmpty(server.Sent);
        DtlsPeer.Exchange(client, server, nowMs: 260);
        Assert.Equal(DtlsState.Connected, client.Session.State);
        Assert.Equal(DtlsState.Connected, server.Session.State);
    }

    [Fact]
    public void A_lost_last_flight_is_repeated_when_the_client_repeats_its_own()
    {
        using var server = new DtlsPeer(DtlsRole.Server);
        using var client = new DtlsPeer(DtlsRole.Client);
        client.Session.Start(nowMs: 0);
        server.Session.Receive(Assert.Single(client.TakeSent()), nowMs: 0);

        foreach (byte[] datagram in server.TakeSent())
        {
            client.Session.Receive(datagram, nowMs: 0);
        }

        foreach (byte[] datagram in client.TakeSent())
        {
            server.Session.Receive(datagram, nowMs: 0);
        }

        Assert.Equal(DtlsState.Connected, server.Session.State);
        Assert.NotEmpty(server.TakeSent());
        Assert.Null(server.Session.DeadlineMs);

        client.Session.HandleDeadline(250);
        DtlsPeer.Exchange(client, server, nowMs: 250);
        Assert.Equal(DtlsState.Connected, client.Session.State);
    }
}
