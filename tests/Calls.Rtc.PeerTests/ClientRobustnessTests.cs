using System.Text;
using Calls.Rtc.Client;

namespace Calls.Rtc.PeerTests;

/// <summary>What a server, or whoever takes its place, can do to a client.</summary>
public sealed class ClientRobustnessTests
{
    private const int Seed = 20;

    [Fact]
    public void Mutated_signaling_never_throws_and_the_client_stays_connected()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        alice.Unmute();
        call.Until(() => alice.Voice!.Section is not null, "the answer");
        byte[][] real = [.. call.Server(alice).SentToClient.Select(static sent => Encoding.UTF8.GetBytes(sent.Json))];
        var random = new Random(Seed);
        for (int i = 0; i < 5_000; i++)
        {
            byte[] json = [.. real[random.Next(real.Length)]];
            for (int change = random.Next(4); change >= 0; change--)
            {
                json[random.Next(json.Length)] = (byte)random.Next(256);
            }

            alice.Rtc.ReceiveSignal(json.AsMemory(0, random.Next(json.Length + 1)), call.NowMs);
            Assert.True(alice.Rtc.State == RtcClientState.Open, $"seed {Seed}, input {i}");
        }

        Assert.InRange(alice.Rtc.RefusedMessages, 1_000, 5_000);
    }

    [Fact]
    public void Random_and_mutated_datagrams_never_throw_and_the_client_stays_connected()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        bob.Unmute();
        var real = new List<byte[]>();
        call.Network.Filter = (_, to, datagram) =>
        {
            if (to == alice.Address)
            {
                real.Add(datagram);
            }

            return true;
        };
        call.Run(5_000);
        call.Network.Filter = null;
        var random = new Random(Seed);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] datagram = [.. real[random.Next(real.Count)]];
            for (int change = random.Next(4); change >= 0; change--)
            {
                datagram[random.Next(datagram.Length)] = (byte)random.Next(256);
            }

            alice.Rtc.Receive(datagram.AsSpan(0, random.Next(datagram.Length + 1)), PeerCall.ServerAddress, call.NowMs);
            Assert.True(alice.Rtc.State == RtcClientState.Open, $"seed {Seed}, input {i}");
        }

        int before = alice.HeardFrom(bob);
        call.Run(1_000);
        Assert.InRange(alice.HeardFrom(bob) - before, 49, 51);
    }
}
