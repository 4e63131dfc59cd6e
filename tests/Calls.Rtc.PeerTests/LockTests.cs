using Calls.Rtc.Client;
using Calls.Rtc.DataChannels;

namespace Calls.Rtc.PeerTests;

/// <summary>Who may offer, between a real client and a real server (media.md 3.3, 5.5).</summary>
public sealed class LockTests
{
    [Fact]
    public void A_client_that_holds_the_lock_is_not_offered_to_until_it_unlocks()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        bob.Rtc.Channel!.Send(CallsChannelMessageType.Lock, call.NowMs);
        call.Run(100);

        alice.Unmute();
        call.Run(3_000);
        Assert.Empty(bob.Rtc.RemoteTracks);

        bob.Rtc.Channel!.Send(CallsChannelMessageType.Unlock, call.NowMs);
        long took = call.Until(() => call.Server(bob).OffersSignaled == 1, "an offer");
        Assert.True(took <= 100 + (2 * call.Network.DelayMs), $"It took {took} ms.");
        call.Until(() => bob.HeardFrom(alice) > 0, "Bob hears Alice");
    }

    [Fact]
    public void A_client_that_locks_and_does_nothing_blocks_the_server_for_15_s_at_most()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        bob.Rtc.Channel!.Send(CallsChannelMessageType.Lock, call.NowMs);
        alice.Unmute();

        long took = call.Until(() => bob.HeardFrom(alice) > 0, "Bob hears Alice");

        Assert.InRange(took, 15_000, 15_200);
    }

    [Fact]
    public void While_an_offer_of_the_server_is_out_a_client_waits_and_then_gets_its_turn()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        call.SignalingDelayMs = 300;
        alice.Unmute();
        call.Until(() => call.Server(bob).OffersSignaled == 1, "an offer");

        bob.Unmute();
        call.Until(() => alice.HeardFrom(bob) > 0 && bob.HeardFrom(alice) > 0, "both hear each other");

        Assert.InRange(bob.Rtc.LockRefusals, 8, 13); // asked every 50 ms and a round trip, for 600 ms
        Assert.False(bob.Rtc.HasGivenUpLock);
    }

    [Fact]
    public void Many_clients_that_unmute_at_once_over_a_bad_network_all_hear_each_other()
    {
        using var call = new PeerCall(seed: 3);
        (call.Network.Loss, call.Network.JitterMs, call.Network.DelayMs) = (0.05, 40, 30);
        ClientPeer[] clients = [.. Enumerable.Range(0, 8).Select(i => call.Join($"client{i}", dcSignaling: i % 2 == 0, usesLock: i % 3 != 0))];
        call.Until(() => clients.All(static client => client.Rtc.State == RtcClientState.Open), "all are connected");
        Array.ForEach(clients, static client => client.Unmute());

        call.Until(
            () => clients.All(listener => clients.All(speaker => speaker == listener || listener.HeardFrom(speaker) > 0)), "everybody hears everybody");

        Assert.All(clients, static client => Assert.Equal(7, client.Rtc.RemoteTracks.Count));
    }
}
