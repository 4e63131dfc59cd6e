namespace Calls.Rtc.Tests.Sfu;

public sealed class VoiceActivityTests
{
    private readonly TestCall _call = new();

    [Fact]
    public void Speech_is_reported_from_the_audio_levels()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        Speak(alice, 0, 50, level: 127);
        Speak(alice, 50, 10, level: 20);

        Assert.Equal(["started Voice", "voice on"], alice.Events);

        Speak(alice, 60, 200, level: 127);
        Assert.Equal(["started Voice", "voice on", "voice off"], alice.Events);
    }

    [Fact]
    [Trait("Spec", "media-105")]
    public void Every_mute_reports_voice_off_once_and_empties_the_window()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        alice.Participant.Muted = true;
        alice.Tick();
        alice.Tick();
        Assert.Equal(["voice off"], alice.Events); // silent and without a track
        alice.Participant.Muted = true;
        alice.Tick();
        Assert.Equal(["voice off", "voice off"], alice.Events); // muted already

        alice.Participant.Muted = false;
        Speak(alice, 0, 50, level: 127);
        Speak(alice, 50, 1, level: 20);
        Assert.Equal("voice on", alice.Events[^1]);
        alice.Events.Clear();

        alice.Participant.Muted = true;
        Speak(alice, 51, 100, level: 20);
        Assert.Equal(["voice off"], alice.Events); // while speaking

        // A window that still held the levels of before would be full at once.
        alice.Participant.Muted = false;
        Speak(alice, 151, 49, level: 127);
        Speak(alice, 200, 1, level: 20);
        Assert.Equal(["voice off"], alice.Events);
        Speak(alice, 201, 1, level: 20);
        Assert.Equal(["voice off", "voice on"], alice.Events);
    }

    [Fact]
    [Trait("Spec", "media-106")]
    public void A_shared_tab_with_speech_is_heard_but_does_not_speak_for_a_muted_presenter()
    {
        TestClient alice = _call.Join("alice");
        TestClient bob = _call.Join("bob");
        alice.Participant.SetReceiving(
        [
            TestClient.Microphone(ssrcs: TestClient.MicrophoneSsrc),
            TestClient.Microphone("2", "tab", 0xBB),
        ]);
        alice.Speak(0);
        alice.Participant.Muted = true;
        alice.Participant.SetScreenStream("tab");
        for (ushort i = 0; i < 300; i++)
        {
            alice.Speak(i, level: (byte)(i % 100 < 60 ? 127 : 20), ssrc: 0xBB);
        }

        Assert.DoesNotContain("voice on", alice.Events);
        Assert.Equal(300, bob.Received.GroupBy(packet => packet.Ssrc).Max(packets => packets.Count()));
    }

    [Fact]
    public void Without_the_extension_there_is_no_voice_activity()
    {
        TestClient alice = _call.Join("alice");
        alice.Participant.SetReceiving([TestClient.Microphone(ssrcs: TestClient.MicrophoneSsrc) with { AudioLevelId = 0 }]);
        Speak(alice, 0, 50, level: 127);
        Speak(alice, 50, 10, level: 20);

        Assert.Equal(["started Voice"], alice.Events);
    }

    [Fact]
    public void A_voice_that_ends_while_speaking_stops_speaking()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        Speak(alice, 0, 50, level: 127);
        Speak(alice, 50, 1, level: 20);
        alice.Participant.SetReceiving([]);
        alice.Tick();

        Assert.Equal(["started Voice", "voice on", "ended Voice", "voice off"], alice.Events);
    }

    private static void Speak(TestClient client, int first, int count, byte level)
    {
        for (int i = first; i < first + count; i++)
        {
            client.Speak((ushort)i, level);
        }
    }
}
