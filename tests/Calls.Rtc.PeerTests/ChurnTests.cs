using System.Text.RegularExpressions;

namespace Calls.Rtc.PeerTests;

/// <summary>People who come, speak and go.</summary>
[Collection(nameof(Alone))]
public sealed partial class ChurnTests
{
    [Fact]
    public void A_listener_through_sixty_short_speakers_keeps_few_sections_and_hears_each()
    {
        using var call = new PeerCall(seed: 2);
        (call.Network.Loss, call.Network.JitterMs) = (0.05, 10);
        ClientPeer alice = call.JoinAndConnect("alice");
        alice.Unmute();
        var present = new Queue<ClientPeer>();
        for (int i = 0; i < 60; i++)
        {
            ClientPeer speaker = call.JoinAndConnect($"speaker{i}");
            speaker.Unmute();
            present.Enqueue(speaker);
            call.Until(() => alice.HeardFrom(speaker) > 0 && speaker.HeardFrom(alice) > 0, $"Alice and {speaker.Session} hear each other");
            if (present.Count == 4)
            {
                ClientPeer leaver = present.Dequeue();
                leaver.Rtc.Close(call.NowMs);

                // Both datagrams of its goodbye may be lost; then its consent expires.
                call.Until(() => call.Server(leaver).Closed.Count > 0, "the session ends", limitMs: 31_000);
            }
        }

        string last = call.Server(alice).SentToClient.Last(static sent => sent.Type == RtcMessageType.Sdp).Json;
        Assert.InRange(AudioSection().Count(last), 4, 12);
        call.Until(() => alice.Rtc.RemoteTracks.Count == 3, "only those present are left");
        Assert.Equal(present.Select(static speaker => speaker.Session).Order(), alice.Rtc.RemoteTracks.Select(static track => track.StreamId).Order());
    }

    [Fact]
    [Trait("Spec", "media-109")]
    public void A_thousand_calls_leave_nothing_behind()
    {
        using var call = new PeerCall();
        Cycle(call, 100, from: 0);
        long before = MemoryInUse();
        Cycle(call, 1_000, from: 100);
        long growth = MemoryInUse() - before;

        Assert.Empty(call.Rtc.GetSessions("group", "call"));
        Assert.Equal((0, 0), (call.Rtc.SessionCount, call.Rtc.CallCount));
        Assert.All(call.Rtc.Loops, static loop => Assert.Equal(0, loop.PathCount));
        Assert.True(growth < 256 * 1024, $"{growth} bytes after 1000 calls.");
    }

    private static long MemoryInUse()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static void Cycle(PeerCall call, int count, int from)
    {
        for (int i = from; i < from + count; i++)
        {
            ClientPeer client = call.JoinAndConnect($"session{i}");
            client.Rtc.Close(call.NowMs);
            call.Until(() => call.Rtc.SessionCount == 0, "the call is over");
            call.Run(100);
            call.Forget(client);
        }

        call.Run(60_000); // the last deadlines of closed sessions pass
    }

    [GeneratedRegex("m=audio ")]
    private static partial Regex AudioSection();
}
