using Calls.Rtc.Client;

namespace Calls.Rtc.PeerTests.Hostility;

/// <summary>Alice and Bob, who talk while somebody else attacks the server, and lose nothing.</summary>
internal sealed class Bystanders
{
    private readonly PeerCall _call;
    private readonly long _sinceMs;

    public Bystanders(PeerCall call)
    {
        _call = call;
        Alice = call.JoinAndConnect("alice");
        Bob = call.JoinAndConnect("bob");
        Alice.Unmute();
        Bob.Unmute();
        call.Until(() => Alice.HeardFrom(Bob) > 0 && Bob.HeardFrom(Alice) > 0, "Alice and Bob hear each other");
        call.Run(200);
        (Alice.Words, Bob.Words) = ([], []);
        _sinceMs = call.NowMs;
    }

    public ClientPeer Alice { get; }

    public ClientPeer Bob { get; }

    /// <summary>Attacks every so often while the two talk.</summary>
    public void Endure(long forMs, int everyMs, Action<int> attack)
    {
        long end = _call.NowMs + forMs;
        for (int i = 0; _call.NowMs < end; i++)
        {
            attack(i);
            _call.Run(everyMs);
        }
    }

    /// <summary>Every packet of both has arrived at the other, once and in order, and neither was told anything.</summary>
    public void HaveLostNothing()
    {
        _call.Run(500);
        long packets = (_call.NowMs - _sinceMs) / PeerCall.SpeechMs;
        foreach ((ClientPeer listener, ClientPeer speaker) in ((ClientPeer, ClientPeer)[])[(Alice, Bob), (Bob, Alice)])
        {
            Word[] words = [.. listener.Words!.Where(word => word.SpeakerPort == speaker.Address.Port)];
            Assert.InRange(words.Length, packets - 2, packets + 2);
            Assert.All(words.Zip(words.Skip(1)), static pair => Assert.Equal((ushort)(pair.First.Sequence + 1), pair.Second.Sequence));
            Assert.Equal(RtcClientState.Open, listener.Rtc.State);
            Assert.Empty(_call.Server(listener).Closed);
        }

        Assert.Equal(0, _call.Rtc.TransportCounters.HandlerFaults);
    }
}
