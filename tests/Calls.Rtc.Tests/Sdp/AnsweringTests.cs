using Calls.Rtc.Sdp;

namespace Calls.Rtc.Tests.Sdp;

/// <summary>What the SFU answers to offers of clients, on recorded offers where there is one.</summary>
public sealed class AnsweringTests
{
    private const string ChromiumFirst = "chromium-client-offer-dc.sdp";

    [Theory]
    [InlineData(ChromiumFirst)]
    [InlineData("firefox-client-offer-dc.sdp")]
    [Trait("Spec", "media-35")]
    public void The_first_answer_has_one_section_with_transport_and_candidates(string fixture)
    {
        LocalTransportParameters local = NegotiationPair.SfuTransport();
        SessionDescription answer = Answer(new(local, new CountingSsrcSource(1)), SdpFixtures.Read(fixture), out string text);

        MediaSection section = Assert.Single(answer.Sections);
        Assert.Equal("0", section.Mid);
        Assert.Equal(["0"], answer.Bundle!);
        Assert.Equal((ushort?)5000, section.SctpPort);
        Assert.Equal(262_144ul, section.MaxMessageSize);
        Assert.Equal(local.Fingerprint, Assert.Single(section.Fingerprints));
        Assert.Equal(local.Credentials, section.Credentials);
        Assert.Equal(DtlsSetup.Passive, section.Setup);
        Assert.Equal(local.Candidates, section.Candidates);
        Assert.True(section.HasEndOfCandidates);
        Assert.True(answer.IsIceLite);
        Assert.Equal(fixture == ChromiumFirst, answer.AllowsMixedExtensions);
        Assert.Equal(1_234_567_890_123_456_789ul, answer.OriginSessionId);
        Assert.Contains("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=setup:passive\r\na=mid:0\r\na=sendrecv\r\n", text);
    }

    [Fact]
    public void The_remote_transport_is_read_from_the_first_offer()
    {
        PeerNegotiation sfu = Start(out _);

        Assert.Equal("dhhc", sfu.Remote!.Credentials.Ufrag);
        Assert.StartsWith("83:C3:1D", Assert.Single(sfu.Remote.Fingerprints).Value);
        Assert.Equal(DtlsSetup.Active, sfu.Remote.Setup);
        Assert.Equal(DtlsSetup.Passive, sfu.LocalSetup);
        Assert.Equal((ushort?)5000, sfu.Remote.SctpPort);
        Assert.Equal(262_144, sfu.Remote.MaxMessageSize);
    }

    [Theory]
    [InlineData("actpass", DtlsSetup.Passive, DtlsSetup.Passive)]
    [InlineData("actpass", DtlsSetup.Active, DtlsSetup.Active)]
    [InlineData("active", DtlsSetup.Active, DtlsSetup.Passive)]
    [InlineData("passive", DtlsSetup.Passive, DtlsSetup.Active)]
    public void The_role_follows_the_offer_then_the_setting(string offered, DtlsSetup preferred, DtlsSetup expected)
    {
        var sfu = new PeerNegotiation(NegotiationPair.SfuTransport() with { PreferredSetup = preferred }, new CountingSsrcSource(1));
        SessionDescription answer = Answer(
            sfu, SdpFixtures.Read(ChromiumFirst).Replace("setup:actpass", "setup:" + offered, StringComparison.Ordinal), out _);

        Assert.Equal(expected, answer.Sections[0].Setup);
        Assert.Equal(expected, sfu.LocalSetup);
    }

    [Fact]
    public void The_established_role_and_fingerprint_survive_later_descriptions()
    {
        PeerNegotiation sfu = Start(out _);
        IReadOnlyList<Fingerprint> established = sfu.Remote!.Fingerprints;
        string offer = SdpFixtures.Read("chromium-client-offer-dc_audio.sr.sdp")
            .Replace("setup:actpass", "setup:passive", StringComparison.Ordinal)
            .Replace("sha-256 83:", "sha-256 84:", StringComparison.Ordinal);
        SessionDescription answer = Answer(sfu, offer, out _);

        Assert.All(answer.Sections, section => Assert.Equal(DtlsSetup.Passive, section.Setup));
        Assert.Equal(established, sfu.Remote!.Fingerprints);
        Assert.Equal(0, sfu.Remote.IceGeneration);
    }

    [Fact]
    public void New_credentials_in_an_offer_restart_ice_with_new_ones_of_ours()
    {
        var drawn = new IceCredentials("drawnUfrag", "drawnPasswordThatIsLongEnough");
        var sfu = new PeerNegotiation(NegotiationPair.SfuTransport() with { DrawCredentials = () => drawn }, new CountingSsrcSource(1));
        string first = SdpFixtures.Read(ChromiumFirst);
        Answer(sfu, first, out _);
        Assert.NotEqual(drawn, sfu.LocalCredentials);
        SessionDescription answer = Answer(sfu, first.Replace("ice-ufrag:dhhc", "ice-ufrag:other", StringComparison.Ordinal), out _);

        Assert.Equal(1, sfu.Remote!.IceGeneration);
        Assert.Equal("other", sfu.Remote.Credentials.Ufrag);
        Assert.Equal(drawn, answer.Sections[0].Credentials);
        Assert.Equal(drawn, sfu.LocalCredentials);
    }

    [Fact]
    [Trait("Spec", "media-37")]
    public void A_microphone_is_answered_recvonly_with_opus_and_the_clients_ids()
    {
        PeerNegotiation sfu = Start(out _);
        MediaSection audio = Answer(sfu, SdpFixtures.Read("chromium-client-offer-dc_audio.sr.sdp"), out _).Sections[1];

        Assert.Equal(MediaDirection.RecvOnly, audio.Direction);
        RtpCodec opus = Assert.Single(audio.Codecs);
        Assert.Equal((byte)111, opus.PayloadType);
        Assert.Equal("opus", opus.Name);
        Assert.Equal("minptime=10;useinbandfec=1", opus.Fmtp);
        Assert.Equal(["transport-cc"], opus.Feedback);
        Assert.Equal(
            [new(1, HeaderExtensionUris.AudioLevel), new(3, HeaderExtensionUris.TransportCc), new(4, HeaderExtensionUris.Mid)],
            audio.Extensions);

        ReceivingSection receiving = Assert.Single(sfu.Receiving);
        Assert.Equal("3dab8431-9657-4153-964e-9c34a1a0dd36", receiving.StreamId);
        Assert.Equal([307_454_019u], receiving.Ssrcs);
        Assert.Equal(new HeaderExtensionIds(1, 4, 0, 0, 3), receiving.Extensions);
        Assert.Equal(new NegotiatedCodec(MediaCodec.Opus, 111, null, RtcpFeedback.TransportCc), Assert.Single(receiving.Codecs));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Spec", "media-38")]
    public void A_video_section_is_answered_with_vp8_then_av1(bool withRtx)
    {
        var sfu = new PeerNegotiation(
            NegotiationPair.SfuTransport(), new CountingSsrcSource(1), withRtx ? SupportedCodecs.WithRtx : SupportedCodecs.Default);
        Answer(sfu, SdpFixtures.Read(ChromiumFirst), out _);
        MediaSection video = Answer(sfu, SdpFixtures.Read("chromium-client-offer-dc_video.sr.sdp"), out _).Sections[1];

        byte[] expected = withRtx ? [96, 97, 45, 46] : [96, 45];
        Assert.Equal(expected, video.Codecs.Select(codec => codec.PayloadType));
        Assert.All(
            video.Codecs.Where(codec => !codec.IsRtx),
            codec => Assert.Equal(["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"], codec.Feedback));
        Assert.Equal(
            [null, "level-idx=5;profile=0;tier=0"], video.Codecs.Where(codec => !codec.IsRtx).Select(codec => codec.Fmtp));
        Assert.Equal(withRtx ? (byte?)97 : null, sfu.Receiving[0].Codecs[0].RtxPayloadType);
        Assert.DoesNotContain(video.Extensions, extension => extension.Uri.Contains("video-orientation"));
        Assert.Equal(4, video.Extensions.Count);
    }

    [Fact]
    public void Firefox_payload_types_are_adopted_for_what_it_receives_too()
    {
        var sfu = new PeerNegotiation(NegotiationPair.SfuTransport(), new CountingSsrcSource(1));
        Answer(sfu, SdpFixtures.Read("firefox-client-offer-dc_audio.sr_video.sr.sdp"), out _);
        sfu.Want(NegotiationPair.Voice("p1"));
        sfu.Want(NegotiationPair.Voice("p2"));
        sfu.Want(NegotiationPair.Screen("p1"));
        sfu.Want(NegotiationPair.Screen("p2"));
        SessionDescription offer = NegotiationPair.Parse(sfu.CreateOffer(out _));

        Assert.Equal(5, offer.Sections.Count);
        Assert.Equal([[], [109], [120, 99], [109], [120, 99]], offer.Sections.Select(section => section.Codecs.Select(codec => codec.PayloadType)));
    }

    [Fact]
    public void A_payload_type_in_use_is_kept_when_the_client_lists_another_first()
    {
        PeerNegotiation sfu = Start(out string first);
        const string Video = "m=video 9 UDP/TLS/RTP/SAVPF {0}\r\na=mid:1\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:120 VP8/90000\r\n";
        Answer(sfu, first + Video.Replace("{0}", "96", StringComparison.Ordinal), out _, bundle: "0 1");
        SessionDescription answer = Answer(sfu, first + Video.Replace("{0}", "120 96", StringComparison.Ordinal), out _, bundle: "0 1");

        Assert.Equal([96], answer.Sections[1].Codecs.Select(codec => (int)codec.PayloadType));
    }

    [Fact]
    public void An_offer_that_comes_again_after_a_newer_one_undoes_nothing()
    {
        var sfu = new PeerNegotiation(NegotiationPair.SfuTransport(), new CountingSsrcSource(1));
        string microphone = SdpFixtures.Read("chromium-client-offer-dc_audio.sr.sdp");
        SessionDescription newer = NegotiationPair.Parse(microphone);
        newer.OriginVersion++;
        newer.Sections[1].Direction = MediaDirection.RecvOnly;
        Assert.Equal(NegotiationResult.Ok, sfu.TryApplyOffer(microphone, out _));
        Assert.Equal(NegotiationResult.Ok, sfu.TryApplyOffer(microphone, out string again));
        Assert.NotEmpty(again);
        Assert.Equal(NegotiationResult.Ok, sfu.TryApplyOffer(newer.Write(), out _));

        Assert.Equal(NegotiationResult.Mismatch, sfu.TryApplyOffer(microphone, out _));

        Assert.Empty(sfu.Receiving);
    }

    [Fact]
    [Trait("Spec", "media-40")]
    public void Simulcast_is_answered_layer_by_layer()
    {
        PeerNegotiation sfu = Start(out _);
        string offer = SdpFixtures.Read("chromium-client-offer-dc_video.sr-sim.sdp");
        Answer(sfu, offer, out string text);

        Assert.Contains("a=rid:l recv\r\na=rid:h recv\r\na=simulcast:recv l;h\r\n", text);
        Assert.Equal([new("l", false), new("h", false)], sfu.Receiving[0].Rids);
        Assert.Equal(new HeaderExtensionIds(0, 9, 10, 11, 4), sfu.Receiving[0].Extensions);

        Answer(sfu, offer.Replace("send l;h", "send l;~h", StringComparison.Ordinal), out text);
        Assert.Contains("a=simulcast:recv l;~h\r\n", text);

        // Our own offers repeat it, or the browser would take simulcast as refused.
        Assert.Contains("a=simulcast:recv l;~h\r\n", sfu.CreateOffer(out _));
    }

    [Fact]
    public void An_unknown_codec_refuses_the_section_but_not_the_session()
    {
        PeerNegotiation sfu = Start(out string first);
        SessionDescription answer = Answer(
            sfu,
            first + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\na=rtcp-mux\r\na=rtpmap:0 PCMU/8000\r\n"
                + "m=text 9 UDP/TLS/RTP/SAVPF 98\r\na=mid:2\r\n"
                + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:3\r\n",
            out _,
            bundle: "0 1 2 3");

        Assert.Equal(["0", "1", "2", "3"], answer.Sections.Select(section => section.Mid));
        Assert.Equal([false, true, true, true], answer.Sections.Select(section => section.IsRejected));
        Assert.Equal(["0"], answer.Bundle!);
        Assert.Empty(sfu.Receiving);
    }

    [Fact]
    public void A_refused_section_can_be_recycled_with_a_new_mid()
    {
        PeerNegotiation sfu = Start(out string first);
        Answer(sfu, first + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\na=rtpmap:0 PCMU/8000\r\n", out _, bundle: "0 1");
        SessionDescription answer = Answer(
            sfu, first + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:2\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n", out _, bundle: "0 2");

        Assert.Equal(["0", "2"], answer.Sections.Select(section => section.Mid));
        Assert.Equal(MediaDirection.RecvOnly, answer.Sections[1].Direction);
    }

    [Fact]
    public void Av1_of_another_profile_is_not_accepted()
    {
        PeerNegotiation sfu = Start(out _);
        string offer = SdpFixtures.Read("chromium-client-offer-dc_video.sr.sdp").Replace("profile=0", "profile=1", StringComparison.Ordinal);

        Assert.Equal([96], Answer(sfu, offer, out _).Sections[1].Codecs.Select(codec => (int)codec.PayloadType));
    }

    [Fact]
    [Trait("Spec", "media-111")]
    public void The_thirteenth_inbound_track_is_answered_inactive()
    {
        var pair = new NegotiationPair();
        for (int i = 0; i < PeerNegotiation.MaxInboundTracks + 1; i++)
        {
            pair.Client.Add(NegotiationPair.Voice("me", (ulong)i));
        }

        SessionDescription answer = pair.ClientOffers();
        Assert.Equal(
            [.. Enumerable.Repeat(MediaDirection.RecvOnly, 12), MediaDirection.Inactive],
            answer.Sections.Skip(1).Select(section => section.Direction));
        Assert.Equal(12, pair.Sfu.Receiving.Count);
        Assert.Equal(12, pair.Client.Sending.Count);

        // A place that becomes free is used by the next offer.
        pair.Client.Remove(NegotiationPair.Voice("me", 3).TrackId);
        answer = pair.ClientOffers();
        Assert.Equal(MediaDirection.Inactive, answer.Sections[4].Direction);
        Assert.Equal(MediaDirection.RecvOnly, answer.Sections[13].Direction);
    }

    [Fact]
    public void Simulcast_layers_count_as_inbound_tracks()
    {
        var pair = new NegotiationPair();
        for (int i = 0; i < 7; i++)
        {
            pair.Client.Add(NegotiationPair.Screen("me", (ulong)i), "l", "h");
        }

        Assert.Equal(MediaDirection.Inactive, pair.ClientOffers().Sections[7].Direction);
        Assert.Equal(6, pair.Sfu.Receiving.Count);
    }

    [Theory]
    [InlineData("a=ice-pwd:", NegotiationResult.Unsupported)]
    [InlineData("a=fingerprint:", NegotiationResult.Unsupported)]
    [InlineData("a=mid:", NegotiationResult.Malformed)]
    [InlineData("m=", NegotiationResult.Unsupported)]
    public void A_first_offer_without_its_essentials_is_refused(string line, NegotiationResult expected)
    {
        var sfu = new PeerNegotiation(NegotiationPair.SfuTransport(), new CountingSsrcSource(1));
        string[] kept = [.. SdpFixtures.Read(ChromiumFirst).Split("\r\n").Where(text => !text.StartsWith(line, StringComparison.Ordinal))];

        Assert.Equal(expected, sfu.TryApplyOffer(string.Join("\r\n", kept), out string answer));
        Assert.Empty(answer);
        Assert.Null(sfu.Remote);
        Assert.False(sfu.NeedsOffer);
    }

    [Fact]
    public void An_offer_that_drops_or_renames_a_section_changes_nothing()
    {
        PeerNegotiation sfu = Start(out string first);
        string second = SdpFixtures.Read("chromium-client-offer-dc_audio.sr.sdp");
        Answer(sfu, second, out _);

        Assert.Equal(NegotiationResult.Mismatch, sfu.TryApplyOffer(first, out _));
        Assert.Equal(NegotiationResult.Mismatch, sfu.TryApplyOffer(second.Replace("a=mid:1", "a=mid:7", StringComparison.Ordinal), out _));
        Assert.Single(sfu.Receiving);
    }

    [Fact]
    public void Excess_is_told_apart_from_nonsense()
    {
        PeerNegotiation sfu = Start(out string first);
        string sections = string.Concat(Enumerable.Range(1, SdpLimits.MaxSections).Select(mid => $"m=audio 9 X 1\r\na=mid:{mid}\r\n"));

        Assert.Equal(NegotiationResult.TooManySections, sfu.TryApplyOffer(first + sections, out _));
        Assert.Equal(NegotiationResult.TooLarge, sfu.TryApplyOffer(new string('a', SdpLimits.MaxLength + 1), out _));
        Assert.Equal(NegotiationResult.Malformed, sfu.TryApplyOffer("offer", out _));
        Assert.Equal(NegotiationResult.WrongState, sfu.TryApplyAnswer(first));
    }

    [Fact]
    public void A_source_named_twice_belongs_to_the_first_section_and_retransmissions_are_paired()
    {
        PeerNegotiation sfu = Start(out string first);
        const string Video = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\na=ssrc-group:FID 5 6\r\na=ssrc:5 cname:x\r\na=ssrc:6 cname:x\r\n";
        Answer(sfu, first + Video + "a=mid:1\r\n" + Video + "a=mid:2\r\n", out _, bundle: "0 1 2");

        Assert.Equal([5u], sfu.Receiving[0].Ssrcs);
        Assert.Equal([6u], sfu.Receiving[0].RtxSsrcs);
        Assert.Empty(sfu.Receiving[1].Ssrcs);
    }

    private static PeerNegotiation Start(out string firstOffer)
    {
        var sfu = new PeerNegotiation(NegotiationPair.SfuTransport(), new CountingSsrcSource(1));
        firstOffer = SdpFixtures.Read(ChromiumFirst);
        Answer(sfu, firstOffer, out _);
        return sfu;
    }

    private static SessionDescription Answer(PeerNegotiation sfu, string offer, out string answer, string bundle = "0")
    {
        offer = bundle == "0" ? offer : offer.Replace("BUNDLE 0\r\n", $"BUNDLE {bundle}\r\n", StringComparison.Ordinal);
        Assert.Equal(NegotiationResult.Ok, sfu.TryApplyOffer(offer, out answer));
        return NegotiationPair.Parse(answer);
    }
}
