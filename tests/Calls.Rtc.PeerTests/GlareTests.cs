namespace Calls.Rtc.PeerTests;

/// <summary>Both sides offer at once, because the client is older than the lock (media.md 3.3).</summary>
public sealed class GlareTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_client_without_locking_rolls_back_answers_and_offers_again(bool dcSignaling)
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob", dcSignaling, usesLock: false);
        (call.SignalingDelayMs, call.Network.DelayMs) = (200, 200);

        alice.Unmute();
        call.Until(() => call.Server(bob).Control.Peer.HasPendingOffer, "an offer of the server is out");
        bob.Unmute();
        call.Until(() => bob.HeardFrom(alice) > 0, "Bob hears Alice");
        call.Until(() => alice.HeardFrom(bob) > 0, "Alice hears Bob");

        Assert.Equal(1, call.Server(bob).Control.Negotiation.GlareCount);
        Assert.Single(bob.Rtc.RemoteTracks);
    }
}
