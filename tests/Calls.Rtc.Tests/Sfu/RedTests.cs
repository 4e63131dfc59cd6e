using Calls.Rtc.Rtp;
using Calls.Rtc.Sfu;
using Calls.Rtc.Sfu.Statistics;
using Calls.Rtc.Tests.Rtp;

namespace Calls.Rtc.Tests.Sfu;

/// <summary>Opus that repeats itself: passed on to those who take it, turned into plain Opus for the others (media.md 8.6).</summary>
public sealed class RedTests
{
    private const byte RedPayloadType = 63;

    private readonly TestCall _call = new();
    private readonly TestClient _alice;
    private readonly TestClient _plain;
    private readonly TestClient _red;

    public RedTests()
    {
        _alice = _call.Join("alice");
        _alice.Participant.SetReceiving([TestClient.Microphone(ssrcs: TestClient.MicrophoneSsrc) with { RedPayloadType = RedPayloadType }]);
        _plain = _call.Join("plain");
        _red = _call.Join("red");
        (_red.RedPayloadType, _red.PayloadTypes[RtpCodec.Opus]) = (120, 109);
    }

    [Fact]
    public void Each_subscriber_gets_the_form_that_it_has_negotiated()
    {
        Send(0);
        Send(1);

        Assert.Equal([(111, 0), (111, 1)], _plain.Received.Select(packet => ((int)packet.PayloadType, (int)packet.SequenceNumber)));
        Assert.Equal([Speech(0), Speech(1)], _plain.Received.Select(packet => packet.Payload));
        Assert.Equal([(120, 0), (120, 1)], _red.Received.Select(packet => ((int)packet.PayloadType, (int)packet.SequenceNumber)));
        Assert.True(RedPayload.TryParse(_red.Received[1].Payload, out RedPayload red));
        Assert.Equal(109, red.PrimaryPayloadType);
        Assert.Equal(Speech(1), red.Primary.ToArray());
        Assert.Equal(Speech(0), red.Redundant(0, out byte payloadType, out int offset).ToArray());
        Assert.Equal((109, 960), (payloadType, offset));
    }

    [Fact]
    public void A_lost_packet_is_restored_from_the_next_one_in_its_place()
    {
        Send(0);
        Send(2);

        Assert.Equal([0, 1, 2], _plain.Received.Select(packet => (int)packet.SequenceNumber));
        Assert.Equal([Speech(0), Speech(1), Speech(2)], _plain.Received.Select(packet => packet.Payload));
        Assert.Equal(960u, _plain.Received[1].Timestamp - _plain.Received[0].Timestamp);
        Assert.Equal(1, _alice.Participant.Counters.Read(LossCounter.PacketsRestored));
    }

    [Fact]
    public void A_packet_that_comes_after_it_was_restored_is_a_repetition()
    {
        Send(0);
        Send(2);
        Assert.Equal(RtpReceiveResult.Late, Send(1));
        Send(3);

        Assert.Equal([0, 1, 2, 3], _plain.Received.Select(packet => (int)packet.SequenceNumber));
    }

    [Fact]
    public void Every_other_packet_may_be_lost()
    {
        for (int number = 0; number < 400; number += 2)
        {
            Send(number);
        }

        Assert.Equal(Enumerable.Range(0, 399), _plain.Received.Select(packet => (int)packet.SequenceNumber));
    }

    [Fact]
    public void Plain_opus_of_a_sender_that_may_repeat_itself_passes()
    {
        _alice.Speak(0);
        Send(1);

        Assert.Equal([111, 111], _plain.Received.Select(packet => (int)packet.PayloadType));
        Assert.Equal([109, 120], _red.Received.Select(packet => (int)packet.PayloadType));
    }

    [Theory]
    [InlineData(new byte[] { 0x80 | 111, 0, 0, 9, 111, 1 })]
    [InlineData(new byte[] { 13, 1, 2, 3 })]
    [InlineData(new byte[] { 63, 1, 2, 3 })]
    [InlineData(new byte[] { 111 })]
    public void What_is_not_opus_inside_is_dropped_without_a_gap(byte[] payload)
    {
        Send(0);
        Assert.Equal(RtpReceiveResult.Malformed, _alice.Send(TestClient.Speech(1) with { PayloadType = RedPayloadType, Payload = payload }));
        _alice.Speak(2);

        Assert.Equal([0, 1], _plain.Received.Select(packet => (int)packet.SequenceNumber));
    }

    [Fact]
    public void The_level_of_a_red_packet_is_heard_by_the_detector()
    {
        for (int number = 0; number < 200; number++)
        {
            Send(number, level: (byte)(number < 60 ? 127 : 20));
            _call.NowMs += 20;
        }

        Assert.Contains("voice on", _alice.Events);
    }

    [Fact]
    public void Muted_speech_is_not_restored()
    {
        Send(0);
        _alice.Participant.Muted = true;
        Assert.Equal(RtpReceiveResult.Muted, Send(2));
        Assert.Single(_plain.Received);
    }

    [Fact]
    public void Restoring_allocates_nothing()
    {
        const int Packets = 6000;
        byte[][] datagrams = [.. Enumerable.Range(0, Packets).Select(i => _alice.Protect(Red(i * 2).Build()))];
        var sink = new CountingSink();
        _alice.IsRecordingEvents = false;
        void Run(ReadOnlySpan<byte[]> packets)
        {
            foreach (byte[] datagram in packets)
            {
                _alice.Participant.ReceiveRtp(datagram, _call.NowMs, sink);
                _call.NowMs += 40;
            }
        }

        Run(datagrams.AsSpan(0, Packets / 2));
        int sent = sink.Count;
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(datagrams.AsSpan(Packets / 2));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(Packets * 2, sink.Count - sent);
    }

    private static byte[] Speech(int number) => TestClient.Speech((ushort)number).Payload;

    private static RtpPacketBuilder Red(int number, byte level = 30)
    {
        byte[] payload = new byte[100];
        int length = RedPayload.Write(payload, 111, number == 0 ? [] : Speech(number - 1), 960, Speech(number));
        return TestClient.Speech((ushort)number, level) with { PayloadType = RedPayloadType, Payload = payload[..length] };
    }

    private RtpReceiveResult Send(int number, byte level = 30) => _alice.Send(Red(number, level));
}
