using Calls.Rtc.Client;

namespace Calls.Rtc.PeerTests;

/// <summary>Large calls in which the loudest are heard (media.md 8.8).</summary>
public sealed class LoudestTests
{
    private const byte Loud = 20;
    private const byte Normal = 35;
    private const byte Quiet = 80;
    private const byte Noise = 110;
    private const byte Silent = 127;

    [Fact]
    public void Up_to_that_many_speakers_are_all_heard_all_the_time()
    {
        using PeerCall call = Call(slots: 3);
        ClientPeer[] speakers = Speakers(call, 3);
        ClientPeer listener = Listener(call);
        call.Until(() => listener.Rtc.RemoteTracks.Count == 3, "three sections");
        call.Run(500);
        listener.Words!.Clear();

        call.Run(2_000);

        Assert.All(speakers, speaker => Assert.InRange(From(listener, speaker), 98, 102));
        Assert.All(speakers, speaker => Assert.Equal(["voice", "voice", "voice"], speaker.Types));
        Assert.All(speakers, speaker => Assert.Equal(0, From(speaker, speaker)));
    }

    [Fact]
    public void The_loudest_are_heard_and_another_who_becomes_louder_takes_the_place_of_the_quietest()
    {
        using PeerCall call = Call(slots: 2);
        ClientPeer[] speakers = Speakers(call, 4);
        (speakers[0].Level, speakers[1].Level, speakers[2].Level, speakers[3].Level) = (Loud, Normal, Noise, Noise);
        ClientPeer listener = Listener(call);
        call.Run(3_000);
        listener.Words!.Clear();
        call.Run(1_000);
        Assert.Equal([speakers[0].Address.Port, speakers[1].Address.Port], HeardPorts(listener));
        int offers = call.Server(listener).Control.Negotiation.OfferCount;

        speakers[1].Level = Quiet;
        speakers[3].Level = Normal;
        call.Run(2_000);
        listener.Words.Clear();
        call.Run(1_000);

        Assert.Equal([speakers[0].Address.Port, speakers[3].Address.Port], HeardPorts(listener));
        Assert.Equal(offers, call.Server(listener).Control.Negotiation.OfferCount);
        Assert.Equal(2, listener.Rtc.RemoteTracks.Count);
    }

    [Fact]
    public void A_change_of_speakers_is_one_continuous_stream_to_the_listener()
    {
        using PeerCall call = Call(slots: 1);
        ClientPeer[] speakers = Speakers(call, 3);
        ClientPeer listener = Listener(call);
        call.Until(() => listener.Rtc.RemoteTracks.Count == 1, "a section");
        foreach (int turn in (int[])[0, 1, 0, 2, 0, 1, 2, 1, 2])
        {
            for (int i = 0; i < speakers.Length; i++)
            {
                speakers[i].Level = i == turn ? Normal : Silent;
            }

            int before = listener.Words!.Count;
            call.Until(() => listener.Words.Skip(before).Any(word => word.SpeakerPort == speakers[turn].Address.Port), "the next one is heard", limitMs: 800);
            call.Run(1_500);
        }

        // Those who speak themselves miss the time in which they do, and no packet.
        foreach (List<Word> words in speakers.Append(listener).Select(static peer => peer.Words!))
        {
            Assert.Single(words.Select(static word => word.Ssrc).Distinct());
            foreach ((Word previous, Word next) in words.Zip(words.Skip(1)))
            {
                // Contiguous numbers, and time that goes on as on the wall: give or take the phase between two speakers.
                Assert.Equal((ushort)(previous.Sequence + 1), next.Sequence);
                Assert.InRange((int)(next.Timestamp - previous.Timestamp) - ((next.AtMs - previous.AtMs) * 48), -1_920, 1_920);
                Assert.True(previous.SpeakerPort == next.SpeakerPort || next.HasMarker);
            }
        }

        ReceivedStream stream = Assert.Single(listener.Rtc.Streams);
        Assert.InRange(stream.Packets - stream.ReportedPackets, 0, 60); // reports count what was sent
    }

    [Fact]
    public void Nobody_is_interrupted_by_a_noise_and_the_dominant_speaker_by_nobody()
    {
        using PeerCall call = Call(slots: 2);
        ClientPeer[] speakers = Speakers(call, 3);
        (speakers[0].Level, speakers[1].Level, speakers[2].Level) = (Loud, Normal, Noise);
        ClientPeer listener = Listener(call);
        call.Run(3_000);
        listener.Words!.Clear();

        // A door, now and then: louder than both, but short.
        for (int i = 0; i < 5; i++)
        {
            speakers[2].Level = Normal;
            call.Run(100);
            speakers[2].Level = Noise;
            call.Run(700);
        }

        Assert.Equal([speakers[0].Address.Port, speakers[1].Address.Port], HeardPorts(listener));

        // As loud as can be, for long: one has to give way, and it is not the one who dominates.
        speakers[2].Level = 1;
        call.Run(3_000);
        listener.Words.Clear();
        call.Run(500);
        Assert.Equal([speakers[0].Address.Port, speakers[2].Address.Port], HeardPorts(listener));
    }

    [Fact]
    public void The_only_one_who_is_heard_is_heard_until_the_first_pause()
    {
        using PeerCall call = Call(slots: 1);
        ClientPeer[] speakers = Speakers(call, 2);
        (speakers[0].Level, speakers[1].Level) = (Normal, Silent);
        ClientPeer listener = Listener(call);
        call.Run(2_000);
        listener.Words!.Clear();

        speakers[1].Level = 1;
        call.Run(3_000);
        Assert.Equal([speakers[0].Address.Port], HeardPorts(listener));

        speakers[0].Level = Noise;
        long took = call.Until(() => listener.HasHeard(speakers[1]), "the other one");
        Assert.InRange(took, 450, 600);
    }

    [Fact]
    public void Two_of_the_same_loudness_do_not_take_turns()
    {
        using PeerCall call = Call(slots: 1);
        ClientPeer[] speakers = Speakers(call, 2);
        ClientPeer listener = Listener(call);
        call.Run(1_000);
        listener.Words!.Clear();
        var random = new Random(8);
        for (int i = 0; i < 500; i++)
        {
            speakers[i % 2].Level = (byte)(Normal + random.Next(-5, 6));
            call.Run(20);
        }

        Assert.Single(HeardPorts(listener));
    }

    [Fact]
    public void Silence_is_not_forwarded_and_is_no_loss()
    {
        using PeerCall call = Call(slots: 2);
        ClientPeer[] speakers = Speakers(call, 1);
        ClientPeer listener = Listener(call);
        call.Until(() => listener.HasHeard(speakers[0]), "the speaker is heard");
        speakers[0].Level = Silent;
        call.Run(100);
        listener.Words!.Clear();
        call.Run(2_000);
        Assert.Empty(listener.Words);

        speakers[0].Level = Normal;
        call.Run(1_500);

        Assert.InRange(listener.Words.Count, 70, 76);
        ReceivedStream stream = Assert.Single(listener.Rtc.Streams);
        Assert.InRange(stream.Packets - stream.ReportedPackets, 0, 60);
    }

    [Fact]
    public void Bots_get_every_voice_under_its_own_name()
    {
        using PeerCall call = Call(slots: 1);
        ClientPeer[] speakers = Speakers(call, 3);
        ClientPeer bot = call.Create("bot", isBot: true);
        bot.Rtc.Start(call.NowMs);

        call.Until(() => speakers.All(speaker => bot.HeardFrom(speaker) > 0), "the bot hears all of them");

        Assert.Equal(speakers.Select(static speaker => speaker.Session).Order(), bot.Rtc.RemoteTracks.Select(static track => track.StreamId).Order());
    }

    [Fact]
    public void Those_who_mute_and_leave_make_room()
    {
        using PeerCall call = Call(slots: 1);
        ClientPeer[] speakers = Speakers(call, 3);
        (speakers[0].Level, speakers[1].Level, speakers[2].Level) = (Loud, Normal, Normal + 10);
        ClientPeer listener = Listener(call);
        call.Run(1_500);
        listener.Words!.Clear();
        call.SignalToServer(speakers[0].Session, RtcMessageType.Mute, []);
        call.Until(() => listener.HasHeard(speakers[1]), "the next one", limitMs: 1_000);

        speakers[1].Rtc.Close(call.NowMs);
        call.Until(() => listener.HasHeard(speakers[2]), "the one after", limitMs: 1_000);

        Assert.Single(listener.Rtc.RemoteTracks);
    }

    [Fact]
    public void A_hundred_speakers_take_as_many_sections_as_there_are_slots()
    {
        using PeerCall call = Call(slots: 4);
        ClientPeer[] speakers = Speakers(call, 100);
        ClientPeer listener = Listener(call);
        call.Until(() => listener.Rtc.RemoteTracks.Count == 4, "four sections");

        call.Run(1_000);

        Assert.InRange(call.Server(listener).Control.Negotiation.OfferCount, 1, 2);
        Assert.InRange(HeardPorts(listener).Length, 4, 5);
        Assert.All(speakers, static speaker => Assert.Equal(4, speaker.Rtc.RemoteTracks.Count));
    }

    private static PeerCall Call(int slots) => new(configure: options => options with { LoudestVoices = slots });

    private static ClientPeer[] Speakers(PeerCall call, int count)
    {
        ClientPeer[] speakers = [.. Enumerable.Range(0, count).Select(i => call.Join($"speaker{i}"))];
        call.Until(() => speakers.All(static speaker => speaker.Rtc.State == RtcClientState.Open), "all are connected");
        foreach (ClientPeer speaker in speakers)
        {
            speaker.Words = [];
            speaker.Level = Normal;
            speaker.Unmute();
        }

        call.Until(() => call.PublishedTracks == count, "all speak", limitMs: 60_000);
        call.Run(1_000);
        return speakers;
    }

    private static ClientPeer Listener(PeerCall call)
    {
        ClientPeer listener = call.JoinAndConnect("listener");
        listener.Words = [];
        return listener;
    }

    private static int From(ClientPeer listener, ClientPeer speaker) => listener.Words!.Count(word => word.SpeakerPort == speaker.Address.Port);

    private static int[] HeardPorts(ClientPeer listener) => [.. listener.Words!.Select(static word => word.SpeakerPort).Distinct().Order()];
}
