using System.IO.Compression;
using System.Text;
using Calls.Rtc.DataChannels;

namespace Calls.Rtc.PeerTests;

/// <summary>Which way descriptions travel (media.md 3.1).</summary>
public sealed class OfferPathTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Offers_come_where_the_session_wants_them_and_their_media_map_is_there_before(bool dcSignaling)
    {
        using var call = new PeerCall(seed: 5);
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob", dcSignaling);
        (call.Network.Loss, call.Network.DelayMs, call.SignalingDelayMs) = (0.05, 60, 1);

        alice.Unmute();
        call.Until(() => bob.HeardFrom(alice) > 0, "Bob hears Alice");

        Assert.Equal(dcSignaling ? 0 : 1, call.Server(bob).OffersSignaled);
        Assert.Equal(dcSignaling ? 1 : 0, bob.ChannelMessages.Count(static message => message.Type == CallsChannelMessageType.Sdp));
        Assert.Equal(("1", "voice"), Assert.Single(bob.Bound));
    }

    [Fact]
    public void An_offer_over_signaling_is_answered_there_although_the_channel_is_open()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        alice.Unmute();
        call.Until(() => alice.Voice!.Section is not null, "the answer");

        Assert.Equal(2, call.Server(alice).SentToClient.Count(static sent => sent.Type == RtcMessageType.Sdp));
        Assert.DoesNotContain(alice.ChannelMessages, static message => message.Type == CallsChannelMessageType.Sdp);
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Fastest)]
    [InlineData(CompressionLevel.Optimal)]
    [InlineData(CompressionLevel.SmallestSize)]
    [Trait("Spec", "media-66")]
    public void A_description_compressed_at_any_level_is_applied(CompressionLevel level)
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        string? offer = null;
        call.SignalFilter = (_, toServer, json) =>
        {
            offer = toServer ? json : offer;
            return toServer ? null : json;
        };
        alice.Unmute();
        call.Until(() => offer is not null, "an offer");

        alice.Rtc.Channel!.SendBinary(Message(offer!, level), call.NowMs, out _);
        call.Until(() => alice.Voice!.Section is not null, "the answer over the channel");
    }

    /// <summary>Type 3 and a bin16 or bin32 with zlib data.</summary>
    private static byte[] Message(string json, CompressionLevel level)
    {
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, level, leaveOpen: true))
        {
            zlib.Write(Encoding.UTF8.GetBytes(json));
        }

        byte[] compressed = data.ToArray();
        return [3, 0xC5, (byte)(compressed.Length >> 8), (byte)compressed.Length, .. compressed];
    }
}
