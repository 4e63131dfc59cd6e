using Calls.Rtc.Rtcp;
using Calls.Rtc.Sfu;

namespace Calls.Rtc.Tests.Sfu;

public sealed class ReportingTests
{
    private readonly TestCall _call = new();
    private ushort _sequenceNumber;

    [Fact]
    [Trait("Spec", "media-98")]
    public void A_subscriber_gets_a_sender_report_every_second_that_counts_what_was_sent()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient carol = _call.Join("carol").WithMicrophone();
        TestClient bob = _call.Join("bob");
        var counts = new List<(uint Reported, int Received)>();
        _call.Run(10_000, () =>
        {
            Talk(alice);
            carol.Send(TestClient.Speech(_sequenceNumber));
            foreach ((uint ssrc, _, _, uint packets, uint octets) in bob.SenderReports())
            {
                int received = bob.Received.Count(packet => packet.Ssrc == ssrc);
                counts.Add((packets, received));
                Assert.Equal(packets * 4, octets);
            }

            bob.ReceivedRtcp.Clear();
        });

        Assert.InRange(counts.Count, 2 * 9, 2 * 11);

        // A report leaves at the end of the tick in which its last packet was sent; one more has come by the time it is counted.
        Assert.All(counts, count => Assert.InRange(count.Received - (int)count.Reported, 0, 1));
    }

    [Fact]
    public void The_first_sender_report_comes_within_a_second_of_the_first_packet()
    {
        for (int i = 0; i < 50; i++)
        {
            var call = new TestCall();
            TestClient alice = call.Join("alice").WithMicrophone();
            TestClient bob = call.Join("bob");
            alice.Speak(0);
            call.Run(960);

            Assert.Single(bob.SenderReports());
        }
    }

    [Fact]
    public void Sender_reports_tie_the_streams_clock_to_the_servers()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        _call.Run(3000, () => Talk(alice));

        (uint Ssrc, ulong Ntp, uint Timestamp, uint Packets, uint Octets) first = bob.SenderReports()[0];
        (uint Ssrc, ulong Ntp, uint Timestamp, uint Packets, uint Octets) second = bob.SenderReports()[1];
        double elapsedSeconds = (second.Ntp - first.Ntp) / Math.Pow(2, 32);
        Assert.InRange(elapsedSeconds, 0.97, 1.03);
        Assert.Equal(elapsedSeconds * 48_000, second.Timestamp - first.Timestamp, 1.0);
        Assert.Equal(3_976_214_400ul + 10, first.Ntp >> 32); // 2026-01-01, ten seconds and a bit after the clock's start
    }

    [Fact]
    public void A_silent_stream_is_reported_once_more_and_then_no_longer()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        _call.Run(2000, () => Talk(alice));
        int sent = bob.Received.Count;
        bob.ReceivedRtcp.Clear();
        _call.Run(5000);

        // One for the packets since the last report, one for those who lost it.
        Assert.All(bob.SenderReports(), report => Assert.Equal(sent, (int)report.Packets));
        Assert.Equal(2, bob.SenderReports().Count);

        bob.ReceivedRtcp.Clear();
        Talk(alice);
        _call.Run(1000);
        Assert.Equal(sent + 1, (int)Assert.Single(bob.SenderReports()).Packets);
    }

    [Fact]
    [Trait("Spec", "media-97")]
    public void A_publisher_gets_feedback_every_100_ms_and_a_receiver_report_every_second()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        int sent = 0;
        _call.Run(5000, () =>
        {
            _sequenceNumber++;
            if (_sequenceNumber % 10 != 0)
            {
                alice.Send(TestClient.Speech(_sequenceNumber));
                sent++;
            }
        });

        List<List<ushort>> feedback = alice.FeedbackNumbers();
        Assert.InRange(feedback.Count, 49, 51);
        Assert.Equal(sent, feedback.SelectMany(numbers => numbers).Distinct().Count(), 5.0);

        List<ReportBlock> reports = alice.ReportBlocks();
        Assert.InRange(reports.Count, 5, 6);
        Assert.All(reports, report => Assert.Equal(TestClient.MicrophoneSsrc, report.Ssrc));
        Assert.All(reports.Skip(1), report => Assert.InRange(report.FractionLost / 256.0, 0.08, 0.12));
        Assert.InRange(reports[^1].CumulativeLost, 18, 25);
        Assert.InRange(reports[^1].HighestSequence, 195u, 250u);
    }

    [Fact]
    public void A_listener_gets_no_reports_on_itself()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        _call.Run(3000, () => Talk(alice));

        Assert.Empty(bob.ReportBlocks());
        Assert.Empty(bob.FeedbackNumbers());
        Assert.Empty(alice.SenderReports());
    }

    [Fact]
    public void A_publishers_sender_report_is_echoed()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        _call.Run(1100, () => Talk(alice));
        byte[] report = new byte[SenderReport.Length];
        SenderReport.Write(report, TestClient.MicrophoneSsrc, 0x1111_AAAA_BBBB_2222, 0, 1, 1);
        Assert.Equal(RtcpReceiveResult.Applied, alice.SendRtcp(report));
        alice.ReceivedRtcp.Clear();
        _call.Run(1100, () => Talk(alice));

        ReportBlock block = alice.ReportBlocks()[0];
        Assert.Equal(0xAAAA_BBBB, block.LastSenderReport);
        Assert.InRange(block.DelaySinceLastSenderReport / 65_536.0, 0.0, 1.0);
    }

    [Fact]
    public void A_subscribers_report_reaches_the_streams_statistics()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        _call.Run(1500, () => Talk(alice));
        TrackForwarder forwarder = Assert.Single(bob.Participant.Forwarders);
        Assert.Null(forwarder.Remote.RoundTrip);

        // Bob heard the report at once, waits 300 ms, and the answer takes no time.
        uint lastReport = (uint)(bob.SenderReports()[^1].Ntp >> 16);
        uint age = _call.Clock.ToCompactNtp(_call.NowMs) - lastReport;
        byte[] report = new byte[100];
        int length = ReceiverReport.Write(report, 1, [new(forwarder.Ssrc, 25, 5, 100, 480, lastReport, age - (65_536 / 10)), new(12345, 9, 9, 9, 9, 9, 9)]);
        Assert.Equal(RtcpReceiveResult.Applied, bob.SendRtcp(report.AsSpan(0, length)));

        Assert.Equal((25, 5, 480u), (forwarder.Remote.FractionLost, forwarder.Remote.CumulativeLost, forwarder.Remote.JitterTicks));
        Assert.InRange(forwarder.Remote.RoundTrip!.Value.TotalMilliseconds, 98, 101);
    }

    [Fact]
    public void A_client_that_floods_with_rtcp_is_heard_400_times_a_second()
    {
        TestClient bob = _call.Join("bob");
        byte[] goodbye = new byte[8];
        Goodbye.Write(goodbye, 1);
        var results = new List<RtcpReceiveResult>();
        for (int i = 0; i < 3_000; i++)
        {
            results.Add(bob.SendRtcp(goodbye));
            _call.NowMs++;
        }

        Assert.InRange(results.Count(result => result == RtcpReceiveResult.Applied), 1_598, 1_602);
        Assert.Equal(results.Count(result => result == RtcpReceiveResult.RateLimited), bob.Participant.Count(RtcpReceiveResult.RateLimited));
        _call.NowMs += 1_000;
        Assert.Equal(RtcpReceiveResult.Applied, bob.SendRtcp(goodbye));
    }

    [Fact]
    public void Authenticated_packets_of_both_kinds_are_signs_of_life()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        Assert.Equal(long.MinValue, alice.Participant.LastAuthenticatedMs);
        alice.Send(TestClient.Speech(0));
        Assert.Equal(10_000, alice.Participant.LastAuthenticatedMs);

        _call.NowMs = 12_000;
        byte[] goodbye = new byte[8];
        Goodbye.Write(goodbye, 1);
        alice.SendRtcp(goodbye);
        Assert.Equal(12_000, alice.Participant.LastAuthenticatedMs);

        _call.NowMs = 13_000;
        alice.Participant.ReceiveRtp(new byte[60], _call.NowMs, _call.Sink);
        Assert.Equal(12_000, alice.Participant.LastAuthenticatedMs);
    }

    private void Talk(TestClient client) => client.Send(TestClient.Speech(++_sequenceNumber));
}
