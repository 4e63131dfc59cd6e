using Calls.Rtc.Rtcp;
using Calls.Rtc.Sfu;
using Calls.Rtc.Tests.Rtp;

namespace Calls.Rtc.Tests.Sfu;

public sealed class ClassificationTests
{
    private readonly TestCall _call = new();
    private readonly TestClient _alice;
    private readonly TestClient _bob;

    public ClassificationTests()
    {
        _alice = _call.Join("alice");
        _bob = _call.Join("bob");
    }

    [Fact]
    [Trait("Spec", "media-82")]
    public void A_screen_that_is_named_after_its_first_packets_is_delivered_as_screen()
    {
        _alice.Participant.SetReceiving([TestClient.Video("1", "screen-stream", 0xC1)]);
        for (ushort i = 0; i < 25; i++)
        {
            Assert.Equal(RtpReceiveResult.Unclassified, _alice.Send(Picture(i, 0xC1)));
            _call.NowMs += 20;
        }

        Assert.Empty(_alice.Events);
        Assert.Empty(_bob.Received);

        _alice.Participant.SetScreenStream("screen-stream");
        _alice.Tick();
        Assert.Equal(["started Screen"], _alice.Events);
        Assert.Equal([0xC1u], _alice.KeyFrameRequests());

        Assert.Equal(RtpReceiveResult.Forwarded, _alice.Send(Picture(25, 0xC1)));
        Assert.Equal(96, Assert.Single(_bob.Received).PayloadType);
        Assert.StartsWith("screen_alice_", _alice.Participant.Tracks[0].TrackId);
    }

    [Fact]
    public void A_camera_that_is_named_two_seconds_late_is_delivered_as_video_with_a_key_frame()
    {
        _alice.Participant.SetReceiving([TestClient.Video("1", "camera", 0xC1)]);
        ushort number = 0;
        _call.Run(2000, () => _alice.Send(Picture(number++, 0xC1)));
        _alice.Participant.SetVideoStream("camera");
        _call.Run(100, () => _alice.Send(Picture(number++, 0xC1)));

        Assert.Equal(["started Video"], _alice.Events);
        Assert.Contains(0xC1u, _alice.KeyFrameRequests());
        Assert.NotEmpty(_bob.Received);
    }

    [Fact]
    public void A_camera_keeps_its_track_over_video_off_and_a_new_stream_id()
    {
        _alice.Participant.SetReceiving([TestClient.Video("1", "camera", 0xC1)]);
        _alice.Participant.SetVideoStream("camera");
        _alice.Send(Picture(0, 0xC1));
        _alice.Participant.SetVideoStream(null);
        _alice.Participant.SetVideoStream("camera-again");

        Assert.Equal(RtpReceiveResult.Forwarded, _alice.Send(Picture(1, 0xC1)));
        Assert.Equal(["started Video"], _alice.Events);
    }

    [Fact]
    public void Screen_and_its_audio_leave_the_voice_alone()
    {
        Share();
        Assert.Equal(["started Voice", "started Screen", "started ScreenAudio"], _alice.Events);
        Assert.Equal([TrackType.Voice, TrackType.Screen, TrackType.ScreenAudio], _alice.Participant.Tracks.Select(track => track.Type));

        _alice.Participant.SetScreenStream(null);
        _alice.Tick();
        Assert.Equal([TrackType.Voice], _alice.Participant.Tracks.Select(track => track.Type));
        Assert.Equal(RtpReceiveResult.Retired, _alice.Speak(1, ssrc: 0xB2));
        Assert.Equal(RtpReceiveResult.Retired, _alice.Send(Picture(1, 0xC1)));
        Assert.Equal(RtpReceiveResult.Forwarded, _alice.Speak(1));
        Assert.Single(_bob.Participant.Forwarders);

        // Sharing again with the same sections and streams.
        _alice.Participant.SetScreenStream("screen-stream");
        Assert.Equal(RtpReceiveResult.Forwarded, _alice.Speak(2, ssrc: 0xB2));
        Assert.Equal(RtpReceiveResult.Forwarded, _alice.Send(Picture(2, 0xC1)));
        Assert.Equal(3, _alice.Participant.Tracks.Count);
    }

    [Fact]
    public void Another_sessions_screen_id_means_nothing()
    {
        _bob.Participant.SetScreenStream("mic-stream");
        _alice.WithMicrophone().Speak(0);

        Assert.Equal(["started Voice"], _alice.Events);
    }

    [Theory]
    [InlineData(50_000)]
    [InlineData(10)]
    [InlineData(3)]
    [Trait("Spec", "media-101")]
    public void A_changed_microphone_feeds_the_same_voice(ushort firstNumber)
    {
        _alice.Participant.SetReceiving([TestClient.Microphone("1", "mic-1", 0xA1)]);
        for (ushort i = 0; i < 10; i++)
        {
            _alice.Speak(i, ssrc: 0xA1);
        }

        // Changed while muted: another section, another SSRC, other numbers; the old section stays negotiated.
        _alice.Participant.Muted = true;
        _call.NowMs += 3000;
        _alice.Participant.SetReceiving([TestClient.Microphone("1", "mic-1", 0xA1), TestClient.Microphone("2", "mic-2", 0xA2)]);
        _alice.Participant.Muted = false;
        _alice.Send(TestClient.Speech(firstNumber, ssrc: 0xA2));
        _call.NowMs += 20;
        _alice.Send(TestClient.Speech((ushort)(firstNumber + 1), ssrc: 0xA2));

        Assert.Single(_alice.Participant.Tracks);
        Assert.Single(_bob.Participant.Forwarders);
        Assert.Equal(Enumerable.Range(0, 12), _bob.Received.Select(packet => (int)packet.SequenceNumber));
        Assert.Single(_bob.Received.Select(packet => packet.Ssrc).Distinct());

        // 3020 ms after the last packet of the old one, 48 ticks each; a talkspurt begins.
        Assert.Equal(3020u * 48, _bob.Received[10].Timestamp - _bob.Received[9].Timestamp);
        Assert.Equal(960u, _bob.Received[11].Timestamp - _bob.Received[10].Timestamp);
        Assert.Equal([true, false], _bob.Received.TakeLast(2).Select(packet => packet.HasMarker));

        // The old one is out.
        Assert.Equal(RtpReceiveResult.Retired, _alice.Speak(10, ssrc: 0xA1));
    }

    [Fact]
    public void Screen_audio_that_comes_before_its_name_does_not_displace_a_live_voice()
    {
        _alice.Participant.SetReceiving(
            [TestClient.Microphone(ssrcs: TestClient.MicrophoneSsrc), TestClient.Microphone("2", "screen-stream", 0xB2)]);
        for (ushort i = 0; i < 20; i++)
        {
            _alice.Send(TestClient.Speech(i));
            Assert.Equal(RtpReceiveResult.Unclassified, _alice.Send(TestClient.Speech(i, ssrc: 0xB2)));
            _call.NowMs += 20;
        }

        _alice.Participant.SetScreenStream("screen-stream");
        _alice.Send(TestClient.Speech(20));
        _alice.Send(TestClient.Speech(20, ssrc: 0xB2));

        Assert.Equal(["started Voice", "started ScreenAudio"], _alice.Events);
        Assert.Equal(22, _bob.Received.Count);
    }

    [Fact]
    public void Screen_audio_taken_for_the_voice_gives_it_back()
    {
        _alice.Participant.SetReceiving(
            [TestClient.Microphone(ssrcs: TestClient.MicrophoneSsrc), TestClient.Microphone("2", "screen-stream", 0xB2)]);
        _alice.Speak(0);
        _alice.Participant.Muted = true;
        _call.NowMs += 5000;
        _alice.Speak(0, ssrc: 0xB2); // looks like a changed microphone

        _alice.Participant.SetScreenStream("screen-stream");
        Assert.Equal(RtpReceiveResult.Forwarded, _alice.Speak(1, ssrc: 0xB2));
        _alice.Participant.Muted = false;
        Assert.Equal(RtpReceiveResult.Forwarded, _alice.Speak(1));

        Assert.Equal(["started Voice", "voice off", "started ScreenAudio"], _alice.Events);
        Assert.Equal([0, 1], _bob.Received.Where(packet => packet.Ssrc == _bob.Received[0].Ssrc).Select(packet => (int)packet.SequenceNumber));
    }

    [Fact]
    public void After_ten_seconds_a_voice_stays_a_voice()
    {
        _alice.WithMicrophone().Speak(0);
        _call.NowMs += 10_001;
        _alice.Participant.SetScreenStream("mic-stream");
        _alice.Tick();

        Assert.Equal(["started Voice"], _alice.Events);
    }

    [Fact]
    public void A_track_ends_with_its_section()
    {
        Share();
        _alice.Participant.SetReceiving([TestClient.Microphone(ssrcs: TestClient.MicrophoneSsrc)]);
        _alice.Tick();

        Assert.Equal([TrackType.Voice], _alice.Participant.Tracks.Select(track => track.Type));
        Assert.Equal(["ended ScreenAudio", "ended Screen"], _alice.Events.TakeLast(2).OrderDescending());
        Assert.Single(_bob.Participant.Forwarders);
        Assert.Equal(RtpReceiveResult.Forwarded, _alice.Speak(1));
    }

    [Fact]
    public void A_section_that_carries_another_stream_carries_another_track()
    {
        _alice.WithMicrophone().Speak(0);
        uint before = _bob.Received[0].Ssrc;
        _alice.Participant.SetReceiving([TestClient.Microphone("1", "other-stream", TestClient.MicrophoneSsrc)]);
        _alice.Speak(1);

        Assert.Equal(["started Voice", "ended Voice", "started Voice"], _alice.Events);
        Assert.NotEqual(before, _bob.Received[^1].Ssrc);
    }

    [Fact]
    public void Both_codecs_of_a_screen_are_tracks()
    {
        _alice.Participant.SetReceiving([TestClient.Video("1", "screen-stream", 0xC1), TestClient.Video("2", "screen-stream", 0xC2)]);
        _alice.Participant.SetScreenStream("screen-stream");
        _alice.Send(Picture(0, 0xC1));
        _alice.Send(Picture(0, 0xC2) with { PayloadType = 45, Payload = [0x08, 0x0A] });

        Assert.Equal([RtpCodec.Vp8, RtpCodec.Av1], _alice.Participant.Tracks.Select(track => track.Codec));
        Assert.Equal([96, 45], _bob.Received.Select(packet => (int)packet.PayloadType));
    }

    [Fact]
    [Trait("Spec", "media-94")]
    public void Twenty_requests_for_a_key_frame_reach_the_publisher_as_two()
    {
        TestClient[] viewers = [.. Enumerable.Range(0, 19).Select(i => _call.Join($"viewer{i}")), _bob];
        _alice.Participant.SetReceiving([TestClient.Video("1", "screen-stream", 0xC1)]);
        _alice.Participant.SetScreenStream("screen-stream");
        _alice.Send(Picture(0, 0xC1));
        _call.Run(2000);
        _alice.ReceivedRtcp.Clear();

        byte[] buffer = new byte[40];
        for (int i = 0; i < viewers.Length; i++)
        {
            uint ssrc = viewers[i].Participant.Forwarders[0].Ssrc;
            int length = i % 2 == 0 ? PictureLossIndication.Write(buffer, 1, ssrc) : FullIntraRequest.Write(buffer, 1, ssrc, 0);
            viewers[i].SendRtcp(buffer.AsSpan(0, length));
            _alice.Tick();
            _call.NowMs += 1;
        }

        _call.Run(960);
        Assert.Equal([0xC1u, 0xC1u], _alice.KeyFrameRequests());
    }

    [Fact]
    public void A_new_subscriber_asks_for_a_key_frame()
    {
        _alice.Participant.SetReceiving([TestClient.Video("1", "screen-stream", 0xC1)]);
        _alice.Participant.SetScreenStream("screen-stream");
        _alice.Send(Picture(0, 0xC1));
        _call.Run(1000);
        _alice.ReceivedRtcp.Clear();

        _call.Join("carol");
        _call.Run(40);
        Assert.Equal([0xC1u], _alice.KeyFrameRequests());
    }

    private static RtpPacketBuilder Picture(ushort number, uint ssrc) => new()
    {
        Ssrc = ssrc,
        PayloadType = 96,
        SequenceNumber = number,
        Timestamp = (uint)(number * 3000),
        Payload = [0x10, 0, 0, 0],
    };

    private void Share()
    {
        _alice.Participant.SetReceiving(
        [
            TestClient.Microphone(ssrcs: TestClient.MicrophoneSsrc),
            TestClient.Microphone("2", "screen-stream", 0xB2),
            TestClient.Video("3", "screen-stream", 0xC1),
        ]);
        _alice.Speak(0);
        _alice.Participant.SetScreenStream("screen-stream");
        _alice.Send(Picture(0, 0xC1));
        _alice.Speak(0, ssrc: 0xB2);
    }
}
