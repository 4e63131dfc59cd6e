using Calls.Rtc.Sfu;
using Calls.Rtc.Srtp;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Tests.Sfu;

/// <summary>A call whose sessions subscribe to everything the others publish, over a network without loss or delay.</summary>
internal sealed class TestCall
{
    private readonly List<TestClient> _clients = [];
    private readonly RecordingSink _sink = new();

    public NtpClock Clock { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), nowMs: 0);

    public long NowMs { get; set; } = 10_000;

    public IPacketSink Sink => _sink;

    public TestClient Join(string name, bool connected = true, SrtpProfile profile = SrtpProfile.AeadAes128Gcm)
    {
        var client = new TestClient(this, name, _clients.Count + 1, connected, profile);
        foreach (PublishedTrack track in _clients.SelectMany(other => other.Participant.Tracks))
        {
            Subscribe(client, track);
        }

        _clients.Add(client);
        return client;
    }

    public void Leave(TestClient client)
    {
        _clients.Remove(client);
        client.Participant.Close();
    }

    public void Publish(PublishedTrack track)
    {
        foreach (TestClient client in _clients.Where(client => client.Participant != track.Publisher))
        {
            Subscribe(client, track);
        }
    }

    public TestClient? Find(MediaParticipant? participant) => _clients.Find(client => client.Participant == participant);

    public void Deliver()
    {
        foreach ((TransportPath path, byte[] bytes) in _sink.Packets)
        {
            _clients.Find(client => client.Path == path)?.Take(bytes);
        }

        _sink.Packets.Clear();
    }

    /// <summary>Lets time pass with a tick of every session each 20 ms.</summary>
    public void Run(long milliseconds, Action? each20Ms = null)
    {
        long endMs = NowMs + milliseconds;
        while (NowMs < endMs)
        {
            each20Ms?.Invoke();
            foreach (TestClient client in _clients.ToArray())
            {
                client.Tick();
            }

            NowMs += 20;
        }
    }

    private static void Subscribe(TestClient client, PublishedTrack track)
    {
        MediaParticipant receiver = client.Participant;
        Assert.True(track.AddSubscriber(
            new TrackForwarder(receiver, receiver.AllocateSsrc(), client.FormatFor(track.Codec))));
    }
}
