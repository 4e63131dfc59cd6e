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

    [Theory]
    [InlineData(20)]
    [InlineData(400)]
    [InlineData(3_000)]
    public void Messages_that_signaling_delivers_twice_change_nothing(int repeatMs)
    {
        using var call = new PeerCall();
        ClientPeer[] clients = [.. Enumerable.Range(0, 3).Select(i => call.JoinAndConnect($"client{i}"))];
        call.SignalRepeatMs = repeatMs;
        foreach (ClientPeer client in clients)
        {
            client.Unmute();
            call.Run(700);
        }

        call.SignalToServer(clients[0].Session, RtcMessageType.ScreenOn, "{\"screenStreamID\":\"screen\"}"u8.ToArray());
        Client.SentTrack screen = clients[0].Send(Sdp.TrackType.Screen, "screen");
        call.Until(() => clients.Skip(1).All(static viewer => viewer.Types.Contains("screen")), "the screen is bound");
        clients[0].Stop(screen);
        call.Until(() => clients.Skip(1).All(static viewer => !viewer.Types.Contains("screen")), "the screen is withdrawn");
        call.Run(2 * repeatMs + 2_000);

        Assert.All(clients, client => Assert.Equal(["voice", "voice"], client.Types));
        Dictionary<(ClientPeer, ClientPeer), int> before = Pairs().ToDictionary(pair => pair, pair => pair.Listener.HeardFrom(pair.Speaker));
        call.Run(1_000);
        Assert.All(Pairs(), pair => Assert.InRange(pair.Listener.HeardFrom(pair.Speaker) - before[pair], 48, 52));
        Assert.All(clients, client => Assert.Empty(call.Server(client).Closed));

        IEnumerable<(ClientPeer Listener, ClientPeer Speaker)> Pairs() =>
            from listener in clients from speaker in clients where listener != speaker select (listener, speaker);
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
