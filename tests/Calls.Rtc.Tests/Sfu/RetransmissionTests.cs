using System.Buffers.Binary;
using Calls.Rtc.Sfu;
using Calls.Rtc.Sfu.Feedback;
using Calls.Rtc.Sfu.Statistics;
using Calls.Rtc.Srtp;
using Calls.Rtc.Tests.Sfu.Feedback;

namespace Calls.Rtc.Tests.Sfu;

/// <summary>What a subscriber gets that asks for packets once more (media.md 4.8).</summary>
public sealed class RetransmissionTests
{
    private readonly TestCall _call = new();

    [Theory]
    [Trait("Spec", "media-95")]
    [InlineData(SrtpProfile.AeadAes128Gcm, true)]
    [InlineData(SrtpProfile.AeadAes128Gcm, false)]
    [InlineData(SrtpProfile.Aes128CmHmacSha1_80, true)]
    [InlineData(SrtpProfile.Aes128CmHmacSha1_80, false)]
    public void Of_four_packets_asked_for_the_three_that_are_kept_are_sent_again(SrtpProfile profile, bool hasRtx)
    {
        TestClient alice = _call.Join("alice", profile: profile).WithScreen();
        TestClient bob = Watcher("bob", hasRtx, profile);
        Show(alice, 0, 20);
        uint ssrc = bob.Received[0].Ssrc;
        byte[][] first = [.. bob.Datagrams];
        int transportNumber = TransportNumber(bob.Received[^1]);
        bob.Received.Clear();

        bob.SendNack(ssrc, 3, 5, 12, 300);
        alice.Tick();

        if (hasRtx)
        {
            Assert.Empty(bob.Repeated);
            Assert.Equal([97, 97, 97], bob.Received.Select(packet => (int)packet.PayloadType));
            Assert.NotEqual(ssrc, Assert.Single(bob.Received.Select(packet => packet.Ssrc).Distinct()));
            Assert.Equal([0, 1, 2], bob.Received.Select(packet => (int)packet.SequenceNumber));
            Assert.Equal([3, 5, 12], bob.Received.Select(packet => BinaryPrimitives.ReadUInt16BigEndian(packet.Payload)));
            Assert.Equal(new[] { 3, 5, 12 }.Select(number => TestClient.Screen(number).Payload), bob.Received.Select(packet => packet.Payload[2..]));
            Assert.Equal([transportNumber + 1, transportNumber + 2, transportNumber + 3], bob.Received.Select(TransportNumber));
        }
        else
        {
            Assert.Empty(bob.Received);
            Assert.Equal([first[3], first[5], first[12]], bob.Repeated);
        }

        Assert.Equal(4, bob.Participant.Counters.Read(LossCounter.RetransmissionsRequested));
        Assert.Equal(3, bob.Participant.Counters.Read(LossCounter.Retransmissions));
        Assert.Equal(1, bob.Participant.Counters.Read(LossCounter.RetransmissionsUnavailable));
    }

    [Fact]
    public void Marker_and_timestamp_of_a_retransmission_are_the_originals()
    {
        TestClient alice = _call.Join("alice").WithScreen();
        TestClient bob = Watcher("bob", hasRtx: true);
        Show(alice, 0, 5);
        bob.SendNack(bob.Received[0].Ssrc, 2);
        alice.Tick();

        Assert.Equal((bob.Received[2].Timestamp, true), (bob.Received[^1].Timestamp, bob.Received[^1].HasMarker));
    }

    [Fact]
    public void The_same_packet_is_not_sent_again_within_100_ms()
    {
        TestClient alice = _call.Join("alice").WithScreen();
        TestClient bob = Watcher("bob", hasRtx: true);
        Show(alice, 0, 5);
        uint ssrc = bob.Received[0].Ssrc;
        bob.Received.Clear();
        for (int i = 0; i < 10; i++)
        {
            bob.SendNack(ssrc, 2);
            alice.Tick();
            _call.NowMs += 20;
        }

        Assert.Equal(2, bob.Received.Count);
        Assert.Equal(8, bob.Participant.Counters.Read(LossCounter.RetransmissionsRefused));
    }

    [Fact]
    public void Retransmissions_take_no_more_than_the_stream_itself()
    {
        TestClient alice = _call.Join("alice").WithScreen();
        TestClient bob = Watcher("bob", hasRtx: true);
        Show(alice, 0, 10);
        uint ssrc = bob.Received[0].Ssrc;
        bob.Received.Clear();
        for (int i = 0; i < 5; i++)
        {
            bob.SendNack(ssrc, [.. Enumerable.Range(0, 10).Select(number => (ushort)number)]);
            alice.Tick();
            _call.NowMs += 200;
        }

        Assert.Equal(10, bob.Received.Count);
    }

    [Fact]
    public void Numbers_are_found_across_the_wrap_with_their_rollover_counter()
    {
        TestClient alice = _call.Join("alice").WithScreen();
        TestClient bob = Watcher("bob", hasRtx: false);
        alice.Send(TestClient.Screen(32_759) with { Payload = TestClient.Screen(0).Payload });
        Show(alice, 32_760, 32_790);
        for (int i = 0; i < 40_000; i++)
        {
            alice.Send(TestClient.Screen(32_790 + i));
            _call.NowMs += 2;
        }

        uint ssrc = bob.Received[0].Ssrc;
        int newest = bob.Received[^1].SequenceNumber;
        Assert.True(newest < 10_000, "the numbers have wrapped");
        for (int i = 0; i < 20; i++)
        {
            bob.SendNack(ssrc, (ushort)(newest - (i * 12)));
        }

        alice.Tick();
        Assert.Equal(Enumerable.Range(0, 20).Select(i => bob.Datagrams[^((i * 12) + 1)]), bob.Repeated);
    }

    [Fact]
    public void More_requests_than_a_queue_holds_are_dropped_and_counted()
    {
        TestClient alice = _call.Join("alice").WithScreen();
        TestClient bob = Watcher("bob", hasRtx: true);
        Show(alice, 0, 250);
        uint ssrc = bob.Received[0].Ssrc;
        bob.Received.Clear();

        // Every 17th number starts another item.
        for (int i = 0; i < 3; i++)
        {
            bob.SendNack(ssrc, [.. Enumerable.Range(0, 50).Select(number => (ushort)(number * 1000))]);
        }

        Assert.Equal((3 * 50) - NackRequests.Capacity, bob.Participant.Counters.Read(LossCounter.NackItemsDropped));
        alice.Tick();
        bob.SendNack(ssrc, 249);
        alice.Tick();
        Assert.Equal(249, BinaryPrimitives.ReadUInt16BigEndian(bob.Received[^1].Payload));
    }

    [Fact]
    public void Nobody_gets_what_others_asked_for()
    {
        TestClient alice = _call.Join("alice").WithScreen();
        TestClient bob = Watcher("bob", hasRtx: true);
        TestClient carol = Watcher("carol", hasRtx: true);
        Show(alice, 0, 10);
        (int atBob, int atCarol) = (bob.Received.Count, carol.Received.Count);
        bob.SendNack(bob.Received[0].Ssrc, 4);
        carol.SendNack(bob.Received[0].Ssrc, 5); // not a stream of hers
        alice.Tick();

        Assert.Equal((atBob + 1, atCarol), (bob.Received.Count, carol.Received.Count));
    }

    [Fact]
    public void Reports_count_repetitions_on_the_same_ssrc_and_none_on_another()
    {
        TestClient alice = _call.Join("alice").WithScreen();
        TestClient bob = Watcher("bob", hasRtx: false);
        TestClient carol = Watcher("carol", hasRtx: true);
        Show(alice, 0, 10);
        foreach (TestClient client in (TestClient[])[bob, carol])
        {
            client.SendNack(client.Received[0].Ssrc, 4, 6);
        }

        alice.Tick();
        Assert.Equal(12u, Assert.Single(bob.Participant.Forwarders).PacketCount);
        Assert.Equal(10u, Assert.Single(carol.Participant.Forwarders).PacketCount);
    }

    [Fact]
    public void A_retransmission_is_known_as_such_to_who_estimates_bandwidth()
    {
        TestClient alice = _call.Join("alice").WithScreen();
        TestClient bob = Watcher("bob", hasRtx: true);
        var observer = new RecordingObserver();
        bob.Participant.Feedback.Observer = observer;
        Show(alice, 0, 3);
        bob.SendNack(bob.Received[0].Ssrc, 1);
        alice.Tick();
        byte[] plain = new byte[100];
        int length = Calls.Rtc.Rtcp.TransportCcFeedbackWriter.Write(plain, 1, 1, 1, 0, [400, 480, 560, 640], out _);
        bob.SendRtcp(plain.AsSpan(0, length));

        Assert.Equal(
            [SentPacketKind.Video, SentPacketKind.Video, SentPacketKind.Video, SentPacketKind.Retransmission],
            observer.Packets.Select(packet => packet.Kind));
    }

    [Fact]
    public void Audio_and_subscribers_that_send_no_nacks_cost_no_memory()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        alice.Speak(0);
        bob.SendNack(bob.Received[0].Ssrc, 0);
        alice.Tick();

        Assert.Single(bob.Received);
        Assert.Empty(bob.Repeated);
        Assert.Equal(0, bob.Participant.Forwarders[0].KeepsHistory);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Retransmitting_allocates_nothing(bool hasRtx)
    {
        const int Rounds = 600;
        TestClient alice = _call.Join("alice").WithScreen();
        TestClient bob = Watcher("bob", hasRtx);
        byte[][] packets = [.. Enumerable.Range(0, Rounds * 4).Select(i => alice.Protect(TestClient.Screen(i).Build()))];
        alice.Participant.ReceiveRtp([.. packets[0]], _call.NowMs, _call.Sink);
        uint ssrc = Assert.Single(bob.Participant.Forwarders).Ssrc;
        byte[] plain = new byte[100];
        byte[][] nacks = [.. Enumerable.Range(0, Rounds).Select(i =>
        {
            int length = Calls.Rtc.Rtcp.Nack.Write(plain, 1, ssrc, [(ushort)(i * 4), (ushort)((i * 4) + 2)], out _);
            return bob.ProtectRtcp(plain.AsSpan(0, length));
        })];
        var sink = new CountingSink();
        long nowMs = _call.NowMs;
        void Run(int first, int end)
        {
            for (int i = first; i < end; i++)
            {
                for (int j = 0; j < 4; j++)
                {
                    alice.Participant.ReceiveRtp(packets[(i * 4) + j], nowMs, sink);
                }

                bob.Participant.ReceiveRtcp(nacks[i], nowMs, sink);
                alice.Participant.Tick(nowMs, sink);
                nowMs += 20;
            }
        }

        Run(0, Rounds / 2);
        long sentBefore = bob.Participant.Counters.Read(LossCounter.Retransmissions);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(Rounds / 2, Rounds);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(Rounds, bob.Participant.Counters.Read(LossCounter.Retransmissions) - sentBefore);
    }

    private static int TransportNumber(ReceivedRtp packet) => BinaryPrimitives.ReadUInt16BigEndian(packet.Extension(5));

    private void Show(TestClient client, int first, int end)
    {
        for (int number = first; number < end; number++)
        {
            client.Send(TestClient.Screen(number));
            _call.NowMs += 20;
        }
    }

    private TestClient Watcher(string name, bool hasRtx, SrtpProfile profile = SrtpProfile.AeadAes128Gcm)
    {
        TestClient client = _call.Join(name, profile: profile);
        (client.History, client.TakesRtx) = (NackBufferSize.Default, hasRtx);
        return client;
    }
}
