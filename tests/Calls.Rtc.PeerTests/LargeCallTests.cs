using System.Text;
using Calls.Rtc.Client;

namespace Calls.Rtc.PeerTests;

/// <summary>Calls in which many speak: what it takes to join one, and what happens beyond what a description can carry.</summary>
[Collection(nameof(Alone))]
public sealed class LargeCallTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_call_of_50_speakers_is_joined_in_two_offers_at_most(bool dcSignaling)
    {
        using var call = new PeerCall();
        SpeakersOf(call, 50);
        int largest = 0;
        call.SignalFilter = (_, _, json) =>
        {
            largest = Math.Max(largest, Encoding.UTF8.GetByteCount(json));
            return json;
        };

        ClientPeer joiner = call.JoinAndConnect("joiner", dcSignaling);
        joiner.Unmute(); // whose own offer then repeats every section
        call.Until(() => joiner.Rtc.RemoteTracks.Count == 50 && joiner.Voice!.Section is not null, "all voices are bound");
        call.Run(2_000);

        Assert.InRange(call.Server(joiner).Control.Negotiation.OfferCount, 1, 2);
        Assert.True(largest < 64 * 1024, $"{largest} bytes.");
        Assert.Equal(50, joiner.Heard.Keys.Select(static key => key.Publisher).Distinct().Count());
    }

    [Fact]
    public void Voices_beyond_what_the_WebSocket_carries_wait_until_another_ends()
    {
        using var call = new PeerCall();
        ClientPeer[] speakers = SpeakersOf(call, 64);
        ClientPeer joiner = call.JoinAndConnect("joiner");
        joiner.Unmute();
        call.Until(() => joiner.Rtc.RemoteTracks.Count == 59, "59 sections besides the data channel");
        call.Run(3_000);
        Assert.Equal(59, joiner.Rtc.RemoteTracks.Count);
        Assert.Empty(call.Server(joiner).Closed);

        // The eldest leave; their sections carry those who waited.
        foreach (ClientPeer leaver in speakers.Take(10))
        {
            leaver.Rtc.Close(call.NowMs);
        }

        string[] remaining = [.. speakers.Skip(10).Select(static speaker => speaker.Session).Order()];
        call.Until(() => joiner.Rtc.RemoteTracks.Select(static track => track.StreamId).Order().SequenceEqual(remaining), "all others");
        call.Until(() => speakers.Skip(10).All(speaker => joiner.HeardFrom(speaker) > 0), "are heard");
    }

    [Fact]
    public void The_data_channel_carries_more()
    {
        using var call = new PeerCall();
        SpeakersOf(call, 64);

        ClientPeer joiner = call.JoinAndConnect("joiner", dcSignaling: true);
        call.Until(() => joiner.Rtc.RemoteTracks.Count == 64, "all voices are bound");

        Assert.InRange(call.Server(joiner).Control.Negotiation.OfferCount, 1, 2);
    }

    [Fact]
    public void A_description_beyond_64_KiB_over_the_WebSocket_is_ignored_and_counted()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        bob.Unmute();
        call.Until(() => alice.HeardFrom(bob) > 0, "Alice hears Bob");

        call.SignalToServer("alice", RtcMessageType.Sdp, Encoding.UTF8.GetBytes($$"""{"type":"offer","sdp":"{{new string('a', 64 * 1024)}}"}"""));
        call.Run(500);
        int before = alice.HeardFrom(bob);
        call.Run(1_000);

        Assert.Equal(1, call.Rtc.ErrorCount(RtcErrorKind.Signaling));
        Assert.InRange(alice.HeardFrom(bob) - before, 49, 51);
        alice.Unmute(); // and the negotiation goes on
        call.Until(() => bob.HeardFrom(alice) > 0, "Bob hears Alice");
    }

    [Fact]
    public void A_listener_takes_a_few_offers_while_many_come_and_go()
    {
        using var call = new PeerCall();
        ClientPeer listener = call.JoinAndConnect("listener");
        ClientPeer[] speakers = [.. Enumerable.Range(0, 20).Select(i => call.JoinAndConnect($"speaker{i}"))];
        foreach (ClientPeer speaker in speakers)
        {
            speaker.Unmute();
            call.Run(50); // twenty people within a second
        }

        call.Until(() => listener.Rtc.RemoteTracks.Count == 20, "all are bound");
        int offers = call.Server(listener).Control.Negotiation.OfferCount;
        Assert.InRange(offers, 1, 8);

        // Muting and unmuting takes none.
        foreach (ClientPeer speaker in speakers)
        {
            call.SignalToServer(speaker.Session, RtcMessageType.Mute, []);
        }

        call.Run(500);
        foreach (ClientPeer speaker in speakers)
        {
            call.SignalToServer(speaker.Session, RtcMessageType.Unmute, []);
        }

        call.Run(2_000);
        Assert.Equal(offers, call.Server(listener).Control.Negotiation.OfferCount);

        foreach (ClientPeer speaker in speakers)
        {
            speaker.Rtc.Close(call.NowMs);
            call.Run(20);
        }

        call.Until(() => listener.Rtc.RemoteTracks.Count == 0, "all are gone", limitMs: 2_000);
        Assert.InRange(call.Server(listener).Control.Negotiation.OfferCount - offers, 1, 3);
    }

    private static ClientPeer[] SpeakersOf(PeerCall call, int count)
    {
        ClientPeer[] speakers = [.. Enumerable.Range(0, count).Select(i => call.Join($"speaker{i}", dcSignaling: true))];
        call.Until(() => speakers.All(static speaker => speaker.Rtc.State == RtcClientState.Open), "all are connected");
        Array.ForEach(speakers, static speaker => speaker.Unmute());
        call.Until(() => call.PublishedTracks == count, "all speak", limitMs: 60_000);
        call.Run(10_000);
        return speakers;
    }
}
