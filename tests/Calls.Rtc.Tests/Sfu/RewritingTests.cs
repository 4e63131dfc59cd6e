using Calls.Rtc.Rtp;
using Calls.Rtc.Sfu;

namespace Calls.Rtc.Tests.Sfu;

public sealed class RewritingTests
{
    private readonly TestCall _call = new();

    [Fact]
    [Trait("Spec", "media-100")]
    public void The_audio_level_appears_under_the_subscribers_id_or_not_at_all()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        TestClient carol = _call.Join("carol");
        (bob.ExtensionIds, carol.ExtensionIds) = (new RtpExtensionIds(3, 0), new RtpExtensionIds(0, 1));
        alice.Speak(7, level: 0x9E);

        ReceivedRtp atBob = Assert.Single(bob.Received);
        Assert.Equal([0x9E], atBob.Extension(3));
        Assert.Null(atBob.Extension(1));
        Assert.Null(atBob.Extension(5));

        // Id 1 is the transport-wide number here: the publisher's level under the same id must be gone.
        ReceivedRtp atCarol = Assert.Single(carol.Received);
        Assert.Equal(2, atCarol.Extension(1)!.Length);
    }

    [Fact]
    [Trait("Spec", "media-39")]
    public void Each_subscriber_gets_its_own_payload_type()
    {
        TestClient alice = _call.Join("alice");
        TestClient firefox = _call.Join("firefox");
        TestClient chromium = _call.Join("chromium");
        (firefox.PayloadTypes[RtpCodec.Opus], firefox.PayloadTypes[RtpCodec.Vp8], firefox.PayloadTypes[RtpCodec.Av1]) = (109, 120, 99);
        alice.Participant.SetReceiving(
        [
            TestClient.Microphone(ssrcs: TestClient.MicrophoneSsrc),
            TestClient.Video("2", "screen", 0xC1),
            TestClient.Video("3", "screen", 0xC2),
        ]);
        alice.Participant.SetScreenStream("screen");
        alice.Speak(0);
        alice.Send(TestClient.Speech(0, ssrc: 0xC1) with { PayloadType = 96, Payload = [0x10, 0x00] });
        alice.Send(TestClient.Speech(0, ssrc: 0xC2) with { PayloadType = 45, Payload = [0x08, 0x0A] });

        Assert.Equal([109, 120, 99], firefox.Received.Select(packet => (int)packet.PayloadType));
        Assert.Equal([111, 96, 45], chromium.Received.Select(packet => (int)packet.PayloadType));
    }

    [Fact]
    public void Transport_wide_numbers_count_over_all_tracks_of_a_connection()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient carol = _call.Join("carol").WithMicrophone();
        TestClient bob = _call.Join("bob");
        for (ushort i = 0; i < 5; i++)
        {
            alice.Speak(i);
            carol.Speak((ushort)(500 + i));
        }

        Assert.Equal(Enumerable.Range(1, 10), bob.Received.Select(packet => (packet.Extension(5)![0] << 8) | packet.Extension(5)![1]));
    }

    [Fact]
    [Trait("Spec", "media-99")]
    public void Padding_only_packets_are_dropped_without_a_gap()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        for (ushort i = 0; i < 90; i++)
        {
            if (i % 3 == 2)
            {
                Assert.Equal(RtpReceiveResult.Probe, alice.Send(TestClient.Speech(i) with { Payload = [], Padding = 200 }));
            }
            else
            {
                alice.Speak(i);
            }
        }

        Assert.Equal(Enumerable.Range(0, 60), bob.Received.Select(packet => (int)packet.SequenceNumber));
        Assert.Equal(60, bob.Received.Select(packet => packet.Payload[1]).Distinct().Count());
    }

    [Fact]
    public void Padding_behind_a_payload_is_not_passed_on()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        alice.Send(TestClient.Speech(0) with { Payload = [1, 2, 3], Padding = 7 });

        Assert.Equal([1, 2, 3], Assert.Single(bob.Received).Payload);
        Assert.Equal(0, bob.Received[0].Plain[0] & 0x20);
    }

    [Fact]
    public void Numbers_cross_the_wrap_for_every_subscriber()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        alice.Speak(65_000);
        TestClient carol = _call.Join("carol");
        for (int i = 65_001; i < 65_000 + 3000; i++)
        {
            alice.Speak((ushort)i);
        }

        // Both decrypted everything, which a wrong rollover counter would have prevented.
        Assert.Equal(3000, bob.Received.Count);
        Assert.Equal(2999, carol.Received.Count);
    }

    [Fact]
    public void A_late_packet_keeps_its_place()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        foreach (ushort number in new ushort[] { 10, 12, 13, 11, 14 })
        {
            alice.Speak(number);
        }

        Assert.Equal([10, 12, 13, 11, 14], bob.Received.Select(packet => (int)packet.SequenceNumber));
    }

    [Fact]
    public void Packets_from_before_the_subscribers_first_one_are_not_sent()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        alice.Speak(10);
        TestClient bob = _call.Join("bob");
        alice.Speak(12);
        alice.Speak(11);

        Assert.Equal([12], bob.Received.Select(packet => (int)packet.SequenceNumber));
    }

    [Fact]
    public void A_long_gap_does_not_mislead_the_receivers_rollover_counter()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        alice.Speak(100);

        // Bob has no path for 40000 packets, more than half of all numbers.
        bob.Participant.Path = null;
        for (int i = 101; i < 40_101; i++)
        {
            alice.Speak((ushort)i);
        }

        bob.Participant.Path = bob.Path;
        alice.Speak(40_101);
        Assert.Equal(RtpReceiveResult.Forwarded, alice.Speak(40_103));
        alice.Speak(40_102);

        Assert.Equal([100, 101, 103, 102], bob.Received.Select(packet => (int)packet.SequenceNumber));
    }

    [Fact]
    public void Another_codecs_payload_type_on_a_bound_stream_is_dropped()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        alice.Speak(0);

        Assert.Equal(RtpReceiveResult.UnknownPayloadType, alice.Send(TestClient.Speech(1) with { PayloadType = 13 }));
        Assert.Single(bob.Received);
    }

    [Fact]
    public void Csrcs_and_marker_are_kept()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        alice.Send(TestClient.Speech(0) with { Csrcs = [0xAABBCCDD], HasMarker = true });

        ReceivedRtp packet = Assert.Single(bob.Received);
        Assert.True(packet.HasMarker);
        Assert.Equal([0xAA, 0xBB, 0xCC, 0xDD], packet.Plain[12..16]);
    }
}
