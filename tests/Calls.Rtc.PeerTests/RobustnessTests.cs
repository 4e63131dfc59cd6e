using Calls.Rtc.Client;
using Calls.Rtc.Transport;

namespace Calls.Rtc.PeerTests;

/// <summary>What anybody on the internet can do to the media port.</summary>
[Collection(nameof(Alone))]
public sealed class RobustnessTests
{
    private const int Seed = 4711;
    private const int BatchSize = 32;

    [Fact]
    [Trait("Spec", "media-112")]
    public void A_million_random_datagrams_cost_less_than_valid_ones_and_harm_nobody()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        alice.Unmute();
        call.Until(() => bob.HeardFrom(alice) > 0, "Bob hears Alice");
        double valid = CostOfValidPackets(call, alice);

        var random = new Random(Seed);
        byte[][] pool = [.. Enumerable.Range(0, 10_000).Select(_ => RandomDatagram(random))];
        double worst = 0;
        foreach (TransportAddress from in (TransportAddress[])[alice.Address with { Port = 60_000 }, alice.Address])
        {
            // A stranger's, and as if a stranger could use Alice's address.
            double total = 0;
            for (int batch = 0; batch < 500_000 / BatchSize; batch++)
            {
                total += call.Flood(from, new ArraySegment<byte[]>(pool, random.Next(pool.Length - BatchSize), BatchSize)).TotalMicroseconds;
                call.Run(1);
            }

            worst = Math.Max(worst, total / 500_000);
        }

        Assert.True(worst < valid, $"seed {Seed}: {worst:F2} us for a random datagram, {valid:F2} us for a valid one.");
        Assert.Equal(0, call.Rtc.TransportCounters.HandlerFaults);
        call.Run(100); // what is still on its way
        int before = bob.HeardFrom(alice);
        call.Run(2_000);
        Assert.InRange(bob.HeardFrom(alice) - before, 99, 101);
        Assert.Equal(RtcClientState.Open, alice.Rtc.State);
        Assert.Equal(2, call.Rtc.SessionCount);
    }

    /// <summary>Microseconds per packet of Alice's voice, decrypted and forwarded to Bob.</summary>
    private static double CostOfValidPackets(PeerCall call, ClientPeer alice)
    {
        var captured = new List<byte[]>();
        call.Network.Filter = (from, _, datagram) =>
        {
            bool isVoice = from == alice.Address && PacketDemuxer.Classify(datagram) == PacketKind.Rtp;
            if (isVoice)
            {
                captured.Add(datagram);
            }

            return !isVoice;
        };
        double total = 0;
        int count = 0;
        for (int batch = 0; batch < 60; batch++)
        {
            captured.Clear();
            call.Run(BatchSize * PeerCall.SpeechMs);
            double took = call.Flood(alice.Address, captured).TotalMicroseconds;
            (total, count) = batch < 10 ? (0, 0) : (total + took, count + captured.Count); // the first ones warm up
        }

        call.Network.Filter = null;
        return total / count;
    }

    private static byte[] RandomDatagram(Random random)
    {
        byte[] datagram = new byte[random.Next(1, 200)];
        random.NextBytes(datagram);

        // Of all first bytes, those of the four protocols have the most code behind them.
        datagram[0] = random.Next(5) switch
        {
            0 => (byte)random.Next(4),
            1 => (byte)random.Next(20, 64),
            2 => (byte)random.Next(128, 192),
            3 => 0x90,
            _ => datagram[0],
        };
        if (datagram[0] < 4 && datagram.Length >= 20)
        {
            Array.Resize(ref datagram, datagram.Length & ~3);
            new byte[] { 0x21, 0x12, 0xA4, 0x42 }.CopyTo(datagram, 4);
        }

        return datagram;
    }
}
