using Calls.Rtc.Sfu;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Tests.Sfu;

public sealed class LoopTests
{
    private const int Packets = 4000;

    [Fact]
    public void Loops_of_different_publishers_send_to_one_receiver_at_the_same_time()
    {
        var call = new TestCall();
        TestClient[] publishers = [.. Enumerable.Range(0, 3).Select(i => call.Join($"publisher{i}").WithMicrophone())];
        TestClient receiver = call.Join("receiver");
        byte[][][] datagrams = [.. publishers.Select(
            client => Enumerable.Range(0, Packets).Select(i => client.Protect(TestClient.Speech((ushort)i).Build())).ToArray())];

        // The first packet of each starts its track and subscribes the others.
        var sinks = publishers.Select(_ => new RecordingSink()).ToArray();
        for (int i = 0; i < publishers.Length; i++)
        {
            publishers[i].Participant.ReceiveRtp(datagrams[i][0], 0, sinks[i]);
        }

        Thread[] loops = [.. publishers.Select((client, i) => new Thread(() => Run(client, datagrams[i], sinks[i])))];
        Array.ForEach(loops, loop => loop.Start());

        // Meanwhile, control code changes who listens.
        PublishedTrack track = publishers[0].Participant.Tracks[0];
        while (loops.Any(loop => loop.IsAlive))
        {
            var forwarder = new TrackForwarder(publishers[1].Participant, publishers[1].Participant.AllocateSsrc(), 111, default);
            track.AddSubscriber(forwarder);
            track.Layers[0].RequestKeyFrame();
            track.RemoveSubscriber(forwarder);
        }

        Array.ForEach(loops, loop => loop.Join());
        foreach ((TransportPath path, byte[] bytes) in sinks.SelectMany(sink => sink.Packets).Where(packet => packet.Path == receiver.Path))
        {
            Assert.Same(receiver.Path, path);
            receiver.Take(bytes);
        }

        Assert.All(publishers, publisher => Assert.Equal(Packets, receiver.From(publisher).Count()));
        Assert.Equal(
            Enumerable.Range(1, 3 * Packets),
            receiver.Received.Select(packet => (packet.Extension(5)![0] << 8) | packet.Extension(5)![1]).Order());
    }

    private static void Run(TestClient client, byte[][] datagrams, RecordingSink sink)
    {
        for (int i = 1; i < datagrams.Length; i++)
        {
            client.Participant.ReceiveRtp(datagrams[i], i * 20, sink);
        }
    }
}
