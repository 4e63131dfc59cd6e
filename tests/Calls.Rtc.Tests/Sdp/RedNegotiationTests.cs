using Calls.Rtc.Sdp;

namespace Calls.Rtc.Tests.Sdp;

/// <summary>How both sides agree on Opus that repeats itself (RFC 2198) and on retransmission streams (RFC 4588).</summary>
public sealed class RedNegotiationTests
{
    private static readonly ClientProfile WithRed = ClientProfile.Chromium with { Understood = SupportedCodecs.WithRtxAndRed };

    [Fact]
    public void The_answer_prefers_red_with_the_clients_payload_type()
    {
        var pair = new NegotiationPair(codecs: SupportedCodecs.WithRtxAndRed);
        pair.ClientOffers();
        pair.Client.Add(NegotiationPair.Voice("c"));
        MediaSection audio = pair.ClientOffers().Sections[1];

        Assert.Equal([(63, "red", "111/111"), (111, "opus", "minptime=10;useinbandfec=1")], audio.Codecs.Select(codec => ((int)codec.PayloadType, codec.Name, codec.Fmtp)));
        NegotiatedCodec opus = Assert.Single(Assert.Single(pair.Sfu.Receiving).Codecs);
        Assert.Equal((MediaCodec.Opus, 111, 63), (opus.Codec, (int)opus.PayloadType, (int?)opus.RedPayloadType));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("109/109")]
    [InlineData("x/111")]
    public void Red_of_something_else_than_the_opus_that_was_agreed_on_is_left_out(string? fmtp)
    {
        var profile = ClientProfile.Chromium with
        {
            AudioCodecs = [.. ClientProfile.Chromium.AudioCodecs.Select(codec => codec.IsAudioRed ? codec with { Fmtp = fmtp } : codec)],
        };
        var pair = new NegotiationPair(profile, codecs: SupportedCodecs.WithRtxAndRed);
        pair.ClientOffers();
        pair.Client.Add(NegotiationPair.Voice("c"));

        Assert.Equal(["opus"], pair.ClientOffers().Sections[1].Codecs.Select(codec => codec.Name));
        Assert.Null(pair.Sfu.Receiving[0].Codecs[0].RedPayloadType);
    }

    [Fact]
    public void A_client_that_takes_red_from_our_offer_gets_it_and_one_that_does_not_gets_plain_opus()
    {
        foreach ((ClientProfile profile, byte? expected) in new[] { (WithRed, (byte?)63), (ClientProfile.Chromium, null) })
        {
            var pair = new NegotiationPair(profile, codecs: SupportedCodecs.WithRtxAndRed);
            pair.ClientOffers();
            pair.Sfu.Want(NegotiationPair.Voice("p"));
            MediaSection offered = pair.SfuOffers().Sections[1];

            Assert.Equal(["red", "opus"], offered.Codecs.Select(codec => codec.Name));
            Assert.Equal(expected, Assert.Single(pair.Sfu.Sending).Find(MediaCodec.Opus)!.Value.RedPayloadType);
        }
    }

    [Fact]
    public void Firefox_which_does_not_know_red_keeps_its_own_opus()
    {
        var sfu = new PeerNegotiation(NegotiationPair.SfuTransport(), new CountingSsrcSource(1), SupportedCodecs.WithRtxAndRed);
        string offer = SdpFixtures.Names().Select(SdpFixtures.Read).First(static sdp => sdp.Contains("mozilla", StringComparison.Ordinal) && sdp.Contains("m=audio", StringComparison.Ordinal));
        Assert.Equal(NegotiationResult.Ok, sfu.TryApplyOffer(offer, out string answer));
        MediaSection audio = NegotiationPair.Parse(answer).Sections.First(static section => section.Kind == MediaKind.Audio);

        Assert.Equal(["opus"], audio.Codecs.Select(codec => codec.Name));
    }

    [Fact]
    public void Every_recorded_offer_gets_its_own_payload_types_for_red_and_retransmissions()
    {
        int withRed = 0;
        int withRtx = 0;
        foreach (string name in SdpFixtures.Names().Where(static name => name.Contains("client-offer", StringComparison.Ordinal)))
        {
            string text = SdpFixtures.Read(name);
            var sfu = new PeerNegotiation(NegotiationPair.SfuTransport(), new CountingSsrcSource(1), SupportedCodecs.WithRtxAndRed);
            Assert.Equal((name, NegotiationResult.Ok), (name, sfu.TryApplyOffer(text, out string answer)));
            foreach ((MediaSection offered, MediaSection answered) in NegotiationPair.Parse(text).Sections.Zip(NegotiationPair.Parse(answer).Sections))
            {
                foreach (RtpCodec codec in answered.Codecs.Where(static codec => codec.IsRtx || codec.IsAudioRed))
                {
                    Assert.Contains(offered.Codecs, other => other.PayloadType == codec.PayloadType && other.Name == codec.Name && other.Fmtp == codec.Fmtp);
                }

                withRed += answered.Codecs.Count(static codec => codec.IsAudioRed);
                withRtx += answered.Codecs.Count(static codec => codec.IsRtx);
                Assert.Equal(
                    offered.Codecs.Count(codec => codec.IsRtx && answered.Codecs.Exists(media => media.PayloadType == codec.AssociatedPayloadType)),
                    answered.Codecs.Count(static codec => codec.IsRtx));
            }
        }

        Assert.True(withRed > 5 && withRtx > 5, $"{withRed} with RED, {withRtx} retransmission payload types");
    }

    [Fact]
    public void Reds_payload_type_is_the_same_in_every_section_of_a_session()
    {
        var profile = ClientProfile.Chromium with
        {
            AudioCodecs = [.. ClientProfile.Chromium.AudioCodecs.Select(codec => codec.IsAudioRed ? codec with { PayloadType = 127 } : codec)],
            Understood = SupportedCodecs.WithRtxAndRed,
        };
        var pair = new NegotiationPair(profile, codecs: SupportedCodecs.WithRtxAndRed);
        pair.ClientOffers();
        pair.Client.Add(NegotiationPair.Voice("c"));
        pair.ClientOffers();
        pair.Sfu.Want(NegotiationPair.Voice("p", 1));
        pair.Sfu.Want(NegotiationPair.Voice("q", 2));
        SessionDescription offer = pair.SfuOffers();

        Assert.All(
            offer.Sections.Where(static section => section.Kind == MediaKind.Audio),
            static section => Assert.Equal([127, 111], section.Codecs.Select(static codec => (int)codec.PayloadType)));
    }
}
