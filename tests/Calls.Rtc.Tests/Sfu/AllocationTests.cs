using Calls.Rtc.Sfu;
using Calls.Rtc.Srtp;

namespace Calls.Rtc.Tests.Sfu;

public sealed class AllocationTests
{
    private const int Warmup = 2000;
    private const int Measured = 9_000;

    [Theory]
    [InlineData(SrtpProfile.AeadAes128Gcm)]
    [InlineData(SrtpProfile.Aes128CmHmacSha1_80)]
    public void Forwarding_allocates_nothing(SrtpProfile profile)
    {
        var call = new TestCall();
        TestClient[] clients = [.. Enumerable.Range(0, 8).Select(i => call.Join($"client{i}", profile: profile))];
        TestClient alice = clients[0].WithMicrophone();
        byte[][] datagrams = [.. Enumerable.Range(0, Warmup + Measured).Select(i => alice.Protect(Speech(i)))];
        var sink = new CountingSink();

        // Ticks with reports and feedback are part of the path.
        Forward(alice, datagrams.AsSpan(0, Warmup), sink, nowMs: 20_000);
        int before = sink.Count;
        const int Third = Measured / 3;
        long allocated = Allocations.PerRound(round =>
        {
            int first = Warmup + (round * Third);
            Forward(alice, datagrams.AsSpan(first, Third), sink, nowMs: 20_000 + (first * 20));
        });

        Assert.InRange(sink.Count - before, Measured * 7, Measured * 9);
        Assert.Equal(Measured + Warmup, alice.Participant.Count(RtpReceiveResult.Forwarded));
        Assert.Equal(0, allocated);
    }

    [Fact]
    public void Choosing_the_loudest_allocates_nothing()
    {
        var call = new TestCall();
        var voices = new Calls.Rtc.Sfu.Loudest.LoudestVoices(2, new NtpClock(DateTimeOffset.UnixEpoch, 0));
        TestClient[] speakers = [.. Enumerable.Range(0, 4).Select(i => call.Join($"client{i}").WithMicrophone())];
        foreach (TestClient speaker in speakers)
        {
            speaker.Participant.Candidate = voices.Add(speaker.Participant);
            speaker.IsRecordingEvents = false;
        }

        TestClient listener = call.Join("listener");
        foreach (Calls.Rtc.Sfu.Loudest.VoiceSlot slot in voices.Slots)
        {
            Assert.True(slot.Track.AddSubscriber(new TrackForwarder(listener.Participant, listener.Participant.AllocateSsrc(), 111, default)));
        }

        // Each is loud for a while, so that slots change hands.
        byte[][][] datagrams =
        [
            .. speakers.Select((speaker, index) => Enumerable.Range(0, Warmup + Measured)
                .Select(i => speaker.Protect(TestClient.Speech((ushort)i, (byte)(i / 200 % 4 == index ? 20 : 127)).Build())).ToArray()),
        ];
        var sink = new CountingSink();
        Speak(0, Warmup);
        long before = Sent();
        long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        Speak(Warmup, Warmup + Measured);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;

        Assert.InRange(Sent() - before, Measured * 9 / 10, Measured * 11 / 10);
        Assert.Equal(0, allocated);

        long Sent() => voices.Slots.Sum(static slot => slot.Track.Count(ForwardResult.Sent));

        void Speak(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                for (int speaker = 0; speaker < speakers.Length; speaker++)
                {
                    speakers[speaker].Participant.ReceiveRtp(datagrams[speaker][i], i * 20, sink);
                    speakers[speaker].Participant.Tick(i * 20, sink);
                }
            }
        }
    }

    // The level varies so that the detector changes its mind too.
    private static byte[] Speech(int number) => TestClient.Speech((ushort)number, (byte)(number / 100 % 2 == 0 ? 20 : 127)).Build();

    private static void Forward(TestClient client, ReadOnlySpan<byte[]> datagrams, CountingSink sink, long nowMs)
    {
        client.IsRecordingEvents = false;
        foreach (byte[] datagram in datagrams)
        {
            client.Participant.ReceiveRtp(datagram, nowMs, sink);
            client.Participant.Tick(nowMs, sink);
            nowMs += 20;
        }
    }
}
