using Calls.Rtc.Rtcp;
using Calls.Rtc.Sfu;
using Calls.Rtc.Sfu.Feedback;

namespace Calls.Rtc.Tests.Sfu.Feedback;

public sealed class OutboundFeedbackTests
{
    private const long Missing = TransportCcFeedbackWriter.NotReceived;

    private readonly TestCall _call = new();
    private readonly RecordingObserver _observer = new();
    private byte _feedbackCount;

    [Fact]
    public void What_a_subscriber_reports_of_each_packet_reaches_its_observer()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        bob.Participant.Feedback.Observer = _observer;
        for (ushort i = 0; i < 4; i++)
        {
            alice.Speak(i);
        }

        Report(bob, firstNumber: 1, 4_000, Missing, 4_090, 4_170);

        int size = bob.Received[0].Plain.Length + bob.ServerKeys.Outbound.RtpOverhead;
        Assert.Equal(
        [
            new(1, 10_000, size, SentPacketKind.Audio, true, 4_000),
            new(2, 10_020, size, SentPacketKind.Audio, false, 0),
            new(3, 10_040, size, SentPacketKind.Audio, true, 4_090),
            new(4, 10_060, size, SentPacketKind.Audio, true, 4_170),
        ],
        _observer.Packets);
        Assert.Equal([_call.NowMs], _observer.Ends);
    }

    [Fact]
    public void Feedback_before_anybody_listens_is_ignored()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        alice.Speak(0);
        Report(bob, firstNumber: 1, 4_000);
        bob.Participant.Feedback.Observer = _observer;
        Report(bob, firstNumber: 1, 4_000);

        Assert.Empty(_observer.Packets);
    }

    [Fact]
    public void Arrival_times_go_on_when_the_reference_time_wraps()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        bob.Participant.Feedback.Observer = _observer;
        alice.Speak(0);
        alice.Speak(1);
        const long WrapTicks = (1L << 23) * 256;
        Report(bob, firstNumber: 1, WrapTicks - 100);
        Report(bob, firstNumber: 2, WrapTicks + 100);

        Assert.Equal(200, _observer.Packets[1].ArrivalTicks - _observer.Packets[0].ArrivalTicks);
    }

    [Fact]
    public void An_older_report_that_arrives_late_keeps_its_times()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        bob.Participant.Feedback.Observer = _observer;
        alice.Speak(0);
        alice.Speak(1);
        Report(bob, firstNumber: 2, 256_000);
        Report(bob, firstNumber: 1, 255_000);

        Assert.Equal([256_000, 255_000], _observer.Packets.Select(packet => packet.ArrivalTicks));
    }

    [Fact]
    public void A_report_that_claims_more_packets_than_can_be_under_way_is_refused()
    {
        TestClient bob = _call.Join("bob");
        byte[] report = new byte[40];
        int length = TransportCcFeedbackWriter.Write(report, 1, 1, 1, 0, [4_000], out _);
        (report[14], report[15]) = (0xFF, 0xFF); // 65535 packets
        (report[20], report[21]) = (0x00, 0x00);

        Assert.Equal(RtcpReceiveResult.Malformed, bob.SendRtcp(report.AsSpan(0, length)));
    }

    [Fact]
    public void Feedback_allocates_nothing()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        bob.Participant.Feedback.Observer = new CountingObserver();
        long[] arrivals = [.. Enumerable.Range(0, 100).Select(i => i % 10 == 0 ? Missing : 4_000 + (i * 80L))];
        byte[] plain = new byte[400];
        for (ushort i = 0; i < 200; i++)
        {
            alice.Speak(i);
        }

        byte[][] datagrams = [.. Enumerable.Range(0, 300).Select(i => bob.ProtectRtcp(plain.AsSpan(0, Write(plain, 1, arrivals))))];
        foreach (byte[] datagram in datagrams.AsSpan(0, 200))
        {
            bob.Participant.ReceiveRtcp(datagram, _call.NowMs, _call.Sink);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (byte[] datagram in datagrams.AsSpan(200))
        {
            bob.Participant.ReceiveRtcp(datagram, _call.NowMs, _call.Sink);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private void Report(TestClient client, ushort firstNumber, params long[] arrivalTicks)
    {
        byte[] plain = new byte[200];
        Assert.Equal(RtcpReceiveResult.Applied, client.SendRtcp(plain.AsSpan(0, Write(plain, firstNumber, arrivalTicks))));
    }

    private int Write(byte[] destination, ushort firstNumber, long[] arrivalTicks) =>
        TransportCcFeedbackWriter.Write(destination, 1, 1, firstNumber, _feedbackCount++, arrivalTicks, out _);

    private sealed class CountingObserver : IBandwidthObserver
    {
        public int Count { get; private set; }

        public void OnPacket(in PacketFeedback packet) => Count++;

        public void OnFeedbackEnd(long nowMs) => Count++;
    }
}
