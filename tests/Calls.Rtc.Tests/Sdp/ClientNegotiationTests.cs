using Calls.Rtc.Sdp;

namespace Calls.Rtc.Tests.Sdp;

/// <summary>The client peer writes what Chromium 156 was recorded to write.</summary>
public sealed class ClientNegotiationTests
{
    [Fact]
    public void Its_first_offer_is_that_of_chromium()
    {
        var client = new ClientNegotiation(NegotiationPair.ClientTransport(), new CountingSsrcSource(1));
        AssertLike("chromium-client-offer-dc.sdp", client.CreateOffer());
    }

    [Fact]
    public void A_microphone_is_offered_as_chromium_does()
    {
        var client = new ClientNegotiation(NegotiationPair.ClientTransport(), new CountingSsrcSource(1));
        client.Add(NegotiationPair.Voice("me"));
        AssertLike("chromium-client-offer-dc_audio.sr.sdp", client.CreateOffer());
    }

    [Fact]
    public void A_screen_is_offered_with_its_retransmission_source()
    {
        var client = new ClientNegotiation(NegotiationPair.ClientTransport(), new CountingSsrcSource(1));
        client.Add(NegotiationPair.Screen("me"));
        AssertLike("chromium-client-offer-dc_video.sr.sdp", client.CreateOffer());
    }

    [Fact]
    public void A_simulcast_screen_is_offered_with_rids_instead_of_sources()
    {
        var client = new ClientNegotiation(NegotiationPair.ClientTransport(), new CountingSsrcSource(1));
        client.Add(NegotiationPair.Screen("me"), "l", "h");
        AssertLike("chromium-client-offer-dc_video.sr-sim.sdp", client.CreateOffer());
    }

    [Theory]
    [InlineData("chromium-sfu-offer-dc_audio.sr-cand.sdp")]
    [InlineData("chromium-sfu-offer-dc_audio.sr_audio.sr_audio.sr_video.sr-cand.sdp")]
    [InlineData("firefox-sfu-offer-dc_audio.sr_audio.sr_video.ro_audio.sr_audio.sr-cand.sdp")]
    public void Offers_of_the_reference_are_accepted_whole(string fixture)
    {
        var client = new ClientNegotiation(NegotiationPair.ClientTransport(), new CountingSsrcSource(1));
        client.CreateOffer();
        Assert.Equal(NegotiationResult.Ok, client.TryApplyAnswer(SdpFixtures.Read("chromium-sfu-answer-dc.sdp")));
        Assert.Equal(DtlsSetup.Passive, client.LocalSetup);

        SessionDescription offer = NegotiationPair.Parse(SdpFixtures.Read(fixture));
        Assert.Equal(NegotiationResult.Ok, client.TryApplyOffer(SdpFixtures.Read(fixture), out string text));
        SessionDescription answer = NegotiationPair.Parse(text);
        Assert.Equal(offer.Sections.Select(section => section.Mid), answer.Sections.Select(section => section.Mid));
        Assert.Equal(
            offer.Sections.Where(section => section.IsRtp && section.Direction.Sends)
                .Select(section => (section.Mid, section.StreamIds.FirstOrDefault().TrackId ?? "")),
            client.Receiving.Select(section => (section.Mid, section.TrackId)));
        Assert.All(answer.Sections.Where(section => section.IsRtp), section => Assert.False(section.Direction.Sends));
    }

    private static void AssertLike(string fixture, string offer)
    {
        SessionDescription expected = NegotiationPair.Parse(SdpFixtures.Read(fixture));
        SessionDescription actual = NegotiationPair.Parse(offer);
        Assert.Equal(expected.Bundle, actual.Bundle);
        Assert.Equal(expected.AllowsMixedExtensions, actual.AllowsMixedExtensions);
        Assert.False(actual.IsIceLite);
        Assert.Equal(expected.Sections.Count, actual.Sections.Count);
        foreach ((MediaSection theirs, MediaSection ours) in expected.Sections.Zip(actual.Sections))
        {
            Assert.Equal((theirs.Mid, theirs.Protocol, theirs.Setup, theirs.IceOptions), (ours.Mid, ours.Protocol, ours.Setup, ours.IceOptions));
            Assert.Equal((theirs.Direction, theirs.OmitsDirection), (ours.Direction, ours.OmitsDirection));
            Assert.Equal((theirs.SctpPort, theirs.MaxMessageSize), (ours.SctpPort, ours.MaxMessageSize));
            Assert.Equal((theirs.HasRtcpMux, theirs.HasRtcpRsize), (ours.HasRtcpMux, ours.HasRtcpRsize));
            Assert.Equal((theirs.StreamIds.Count, theirs.Ssrcs.Count, theirs.SsrcGroups.Count), (ours.StreamIds.Count, ours.Ssrcs.Count, ours.SsrcGroups.Count));
            Assert.Equal(theirs.Rids, ours.Rids);
            Assert.Equal(theirs.SimulcastSend, ours.SimulcastSend);

            // We list fewer profiles of H.264 and VP9; what we list is theirs, in their order.
            Assert.Equal(theirs.Codecs.Select(Key).Where(ours.Codecs.Select(Key).Contains), ours.Codecs.Select(Key));
        }
    }

    private static string Key(RtpCodec codec) =>
        $"{codec.PayloadType} {codec.Name}/{codec.ClockRate}/{codec.Channels} {codec.Fmtp} {string.Join(',', codec.Feedback)}";
}
