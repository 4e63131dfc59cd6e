namespace Calls.Rtc.PeerTests;

/// <summary>A client whose signaling does not reach the server any more.</summary>
public sealed class SilentClientTests
{
    [Fact]
    public void An_offer_without_an_answer_is_made_again_and_the_late_answer_does_no_harm()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        string? held = null;
        call.SignalFilter = (session, toServer, json) =>
        {
            bool holds = session == "bob" && toServer && held is null;
            held = holds ? json : held;
            return holds ? null : json;
        };
        alice.Unmute();
        call.Until(() => held is not null, "an answer of Bob's");

        long took = call.Until(() => bob.HeardFrom(alice) > 0, "Bob hears Alice");
        Assert.InRange(took, 10_000, 10_300);
        call.SignalToServer("bob", RtcMessageType.Sdp, System.Text.Encoding.UTF8.GetBytes(held!));
        int before = bob.HeardFrom(alice);
        call.Run(1_000);

        Assert.InRange(bob.HeardFrom(alice) - before, 48, 52);
        Assert.Equal(1, call.Server(bob).Control.RefusedMessages);
    }

    [Fact]
    public void After_three_offers_without_an_answer_the_session_is_closed()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        call.SignalFilter = static (session, toServer, json) => session == "bob" && toServer ? null : json;
        alice.Unmute();

        long took = call.Until(() => call.Server(bob).Closed.Count > 0, "Bob's session is closed", limitMs: 40_000);

        Assert.Equal([RtcCloseReason.Signaling], call.Server(bob).Closed);
        Assert.InRange(took, 30_000, 30_500);
        call.Run(100);
        Assert.Equal(Client.RtcClientEnd.ClosedByServer, bob.Rtc.End);
    }
}
