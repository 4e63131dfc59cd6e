using Calls.Rtc.Client;

namespace Calls.Rtc.PeerTests;

/// <summary>The channel that everything after the first answer depends on (media.md 5.1).</summary>
public sealed class DataChannelTests
{
    private const byte ApplicationData = 23;

    [Fact]
    public void A_channel_that_does_not_open_ends_the_session_20_s_after_the_first_answer()
    {
        using var call = new PeerCall();
        call.Network.Filter = static (_, to, datagram) => to != PeerCall.ServerAddress || datagram[0] != ApplicationData;
        ClientPeer alice = call.Join("alice");
        call.Until(() => alice.Rtc.State == RtcClientState.Connected, "DTLS is connected");

        call.Run(19_000);
        Assert.Empty(call.Server(alice).Closed);
        call.Run(1_100);

        Assert.Equal([RtcCloseReason.DataChannelTimeout], call.Server(alice).Closed);
    }

    [Fact]
    public void Pings_measure_the_round_trip()
    {
        using var call = new PeerCall();
        call.Network.DelayMs = 40;
        ClientPeer alice = call.JoinAndConnect("alice");
        call.Run(3_000);

        Assert.Equal(80, alice.Rtc.RoundTripMs);
    }

    [Fact]
    [Trait("Spec", "media-65")]
    public void Loss_rates_of_every_encoding_are_recorded()
    {
        var recorded = new RecordedMeasurements();
        using var call = new PeerCall(configure: options => options with { Measurements = recorded });
        ClientPeer alice = call.JoinAndConnect("alice");
        foreach ((byte[] message, double lossRate) in ((byte[], double)[])
            [
                ([4, 0xCA, 0x3E, 0x80, 0, 0], 0.25), // float32
                ([4, 0], 0), // integer, as browsers write zero
                ([4, 0xCB, 0x3F, 0xE0, 0, 0, 0, 0, 0, 0], 0.5), // float64
            ])
        {
            alice.Rtc.Channel!.SendBinary(message, call.NowMs, out _);
            call.Run(50);

            Assert.Equal(("group", RtcQuality.LossRate, lossRate), recorded.Qualities[^1]);
        }

        Assert.Equal(3, recorded.Qualities.Count);
    }

    [Fact]
    public void It_opens_over_a_slow_network_that_loses_some()
    {
        using var call = new PeerCall(seed: 11);
        (call.Network.Loss, call.Network.JitterMs, call.Network.DelayMs, call.Network.BitsPerSecond) = (0.03, 60, 80, 64_000);
        ClientPeer[] clients = [.. Enumerable.Range(0, 10).Select(i => call.Join($"client{i}"))];

        call.Until(() => clients.All(static client => client.Rtc.State == RtcClientState.Open), "all are connected");
    }
}
