using Calls.Rtc.Rtcp;
using Calls.Rtc.Sfu;
using Calls.Rtc.Sfu.Statistics;

namespace Calls.Rtc.Tests.Sfu;

/// <summary>What a publisher is asked for whose packets are lost, and what becomes of the answers (media.md 4.8, 8.3).</summary>
public sealed class InboundRepairTests
{
    private readonly TestCall _call = new();
    private readonly TestClient _alice;
    private readonly TestClient _bob;

    public InboundRepairTests()
    {
        _alice = _call.Join("alice").WithScreen(hasRtx: true);
        _bob = _call.Join("bob");
    }

    [Fact]
    public void A_missing_packet_is_asked_for_after_20_ms_and_then_every_round_trip()
    {
        _alice.Participant.ReportedRoundTripMs = 60;
        Send(0, 1, 3);
        _call.Run(20);
        Assert.Empty(_alice.Nacks());
        _call.Run(20);
        (uint ssrc, List<ushort> numbers) = Assert.Single(_alice.Nacks());
        Assert.Equal(TestClient.ScreenSsrc, ssrc);
        Assert.Equal([2], numbers);
        _call.Run(120);
        Assert.Equal(3, _alice.Nacks().Count);
        Assert.Equal(3, _alice.Participant.Counters.Read(LossCounter.PacketsRequested));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_answer_is_forwarded_in_its_place(bool onItsOwnSsrc)
    {
        Send(0, 1, 3, 4);
        _call.Run(40);
        Assert.Equal(
            RtpReceiveResult.Forwarded,
            _alice.Send(onItsOwnSsrc ? TestClient.Repeat(TestClient.Screen(2), 77) : TestClient.Screen(2)));
        _call.Run(200);

        Assert.Equal([0, 1, 3, 4, 2], _bob.Received.Select(packet => (int)packet.SequenceNumber));
        Assert.Equal(TestClient.Screen(2).Payload, _bob.Received[^1].Payload);
        Assert.Equal(_bob.Received[1].Timestamp + 1800, _bob.Received[^1].Timestamp);
        Assert.Single(_alice.Nacks());
        Assert.Equal(1, _alice.Participant.Counters.Read(LossCounter.PacketsRecovered));
    }

    [Fact]
    public void A_packet_that_comes_both_ways_is_forwarded_once()
    {
        Send(0, 1, 3);
        Assert.Equal(RtpReceiveResult.Forwarded, _alice.Send(TestClient.Repeat(TestClient.Screen(2), 1)));
        Assert.Equal(RtpReceiveResult.Late, _alice.Send(TestClient.Screen(2)));
        Assert.Equal(RtpReceiveResult.Late, _alice.Send(TestClient.Repeat(TestClient.Screen(3), 2)));

        Assert.Equal(4, _bob.Received.Count);
    }

    [Fact]
    public void The_round_trip_is_learnt_from_answers()
    {
        // Each gap is asked for 20 ms after it was seen, and the answer takes 140 ms from there: more than the 100 ms assumed.
        Send(0);
        for (int i = 1; i < 60; i++)
        {
            Send(i * 2);
            _call.Run(160);
            _alice.Send(TestClient.Repeat(TestClient.Screen((i * 2) - 1), i));
        }

        List<ushort> asked = [.. _alice.Nacks().SelectMany(nack => nack.Numbers)];
        Assert.All(asked.GroupBy(number => number).Where(group => group.Key < 8), group => Assert.Equal(2, group.Count()));
        Assert.All(asked.GroupBy(number => number).Where(group => group.Key > 40), group => Assert.Single(group));
    }

    [Fact]
    public void When_a_packet_is_given_up_a_key_frame_is_asked_for()
    {
        Send(0, 1);
        _call.Run(1000);
        _alice.ReceivedRtcp.Clear();
        Send(3);
        _call.Run(1500);

        Assert.Equal(TestClient.ScreenSsrc, Assert.Single(_alice.KeyFrameRequests()));
        Assert.InRange(_alice.Nacks().Count, 9, 10);
        Assert.Equal(1, _alice.Participant.Counters.Read(LossCounter.PacketsGivenUp));
    }

    [Fact]
    public void A_gap_that_is_too_long_is_not_asked_for_but_a_key_frame_is()
    {
        Send(0, 1);
        _call.Run(1000);
        _alice.ReceivedRtcp.Clear();
        Send(1000);
        _call.Run(500);

        Assert.Empty(_alice.Nacks());
        Assert.Single(_alice.KeyFrameRequests());
    }

    [Fact]
    public void Nothing_is_asked_for_while_nobody_watches()
    {
        _call.Leave(_bob);
        Send(0, 1, 5);
        _call.Run(500);
        Assert.Empty(_alice.Nacks());

        TestClient carol = _call.Join("carol");
        _alice.Send(TestClient.Screen(8) with { Payload = TestClient.Screen(0).Payload });
        Send(9, 11);
        _call.Run(40);
        Assert.Equal([10], _alice.Nacks().SelectMany(nack => nack.Numbers).Distinct());
        Assert.Equal(3, carol.Received.Count);
    }

    [Fact]
    public void Audio_is_never_asked_for()
    {
        TestClient dave = _call.Join("dave").WithMicrophone();
        dave.Speak(0);
        dave.Speak(5);
        _call.Run(500);

        Assert.Empty(dave.Nacks());
    }

    [Fact]
    public void A_publisher_that_did_not_offer_nacks_is_not_asked()
    {
        TestClient dave = _call.Join("dave");
        dave.Participant.SetReceiving([TestClient.Screen(hasRtx: false) with { TakesNacks = false }]);
        dave.Participant.SetScreenStream("screen");
        dave.Send(TestClient.Screen(0));
        dave.Send(TestClient.Screen(5));
        _call.Run(500);

        Assert.Empty(dave.Nacks());
    }

    [Fact]
    public void Reports_state_the_loss_that_repairs_have_mended()
    {
        _call.Run(1000);
        Send(0);
        for (int number = 2; number <= 20; number += 2)
        {
            Send(number);
            _alice.Send(TestClient.Repeat(TestClient.Screen(number - 1), number));
        }

        _call.Run(1100);
        ReportBlock report = _alice.ReportBlocks()[^1];
        Assert.Equal(10, report.CumulativeLost);
        Assert.Equal(21, _bob.Received.Count);
    }

    [Fact]
    public void Retransmissions_before_the_stream_itself_and_padding_on_their_ssrc_are_probes()
    {
        Assert.Equal(RtpReceiveResult.UnknownSsrc, _alice.Send(TestClient.Repeat(TestClient.Screen(0), 1)));
        Send(0);
        Assert.Equal(RtpReceiveResult.Late, _alice.Send(TestClient.Repeat(TestClient.Screen(0), 2)));
        Assert.Equal(RtpReceiveResult.Probe, _alice.Send(TestClient.Repeat(TestClient.Screen(0), 3) with { Payload = [], Padding = 200 }));
        Assert.Single(_bob.Received);
        Assert.InRange(_alice.FeedbackNumbers().Count, 0, 1);
    }

    [Fact]
    public void Without_declared_ssrcs_retransmissions_find_their_stream_by_mid()
    {
        InboundSection section = TestClient.Screen(hasRtx: true) with { Ssrcs = [], RtxSsrcs = [] };
        _alice.Participant.SetReceiving([section]);
        (byte Id, byte[] Data) mid = (4, "2"u8.ToArray());
        _alice.Send(TestClient.Screen(0) with { Extensions = [mid] });
        _alice.Send(TestClient.Screen(2) with { Extensions = [mid] });
        Assert.Equal(RtpReceiveResult.Forwarded, _alice.Send(TestClient.Repeat(TestClient.Screen(1), 1) with { Extensions = [mid] }));
        Assert.Equal(RtpReceiveResult.Late, _alice.Send(TestClient.Repeat(TestClient.Screen(1), 2))); // the mid holds for the SSRC's life
        Assert.Equal([0, 2, 1], _bob.Received.Select(packet => (int)packet.SequenceNumber));
    }

    [Fact]
    public void Retransmissions_end_with_their_section()
    {
        Send(0);
        _alice.Send(TestClient.Repeat(TestClient.Screen(0), 1));
        _alice.Participant.SetReceiving([TestClient.Microphone()]);
        Assert.NotEqual(RtpReceiveResult.Forwarded, _alice.Send(TestClient.Repeat(TestClient.Screen(1), 2)));
        Assert.Single(_bob.Received);

        _alice.Participant.SetReceiving([TestClient.Screen(hasRtx: true)]);
        Send(1);
        Assert.Equal(RtpReceiveResult.Late, _alice.Send(TestClient.Repeat(TestClient.Screen(1), 3)));
    }

    [Fact]
    public void What_exceeds_the_inbound_rate_is_not_asked_for()
    {
        for (int number = 0; number < 3000; number++)
        {
            _alice.Send(TestClient.Screen(number) with { Payload = new byte[1200] });
        }

        Assert.True(_alice.Participant.Count(RtpReceiveResult.RateLimited) > 1000);
        _call.Run(100);
        Assert.Empty(_alice.Nacks());
    }

    [Fact]
    public void Asking_and_taking_answers_allocates_nothing()
    {
        const int Rounds = 4000;
        byte[][] datagrams = [.. Enumerable.Range(0, Rounds).SelectMany(i => new[]
        {
            _alice.Protect(TestClient.Screen(i * 2).Build()),
            _alice.Protect(TestClient.Repeat(TestClient.Screen((i * 2) - 5), i).Build()),
        })];
        var sink = new CountingSink();
        void Run(ReadOnlySpan<byte[]> packets)
        {
            foreach (byte[] datagram in packets)
            {
                _alice.Participant.ReceiveRtp(datagram, _call.NowMs, sink);
                _alice.Participant.Tick(_call.NowMs, sink);
                _call.NowMs += 10;
            }
        }

        Run(datagrams.AsSpan(0, Rounds));
        long asked = _alice.Participant.Counters.Read(LossCounter.PacketsRequested);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(datagrams.AsSpan(Rounds));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(_alice.Participant.Counters.Read(LossCounter.PacketsRequested) - asked > 1000);
        Assert.True(_alice.Participant.Counters.Read(LossCounter.PacketsRecovered) > 3000);
    }

    private void Send(params int[] numbers)
    {
        foreach (int number in numbers)
        {
            _alice.Send(TestClient.Screen(number));
        }
    }
}
