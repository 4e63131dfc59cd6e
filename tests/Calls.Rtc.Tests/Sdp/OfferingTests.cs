using System.Text;
using System.Text.RegularExpressions;
using Calls.Rtc.Sdp;

namespace Calls.Rtc.Tests.Sdp;

/// <summary>What the SFU offers, and what becomes of its offers.</summary>
public sealed class OfferingTests
{
    private readonly NegotiationPair _pair = new();

    public OfferingTests() => _pair.ClientOffers();

    private PeerNegotiation Sfu => _pair.Sfu;

    [Fact]
    public void Nothing_is_offered_before_the_client_has_offered_and_while_nothing_differs()
    {
        var fresh = new NegotiationPair();
        fresh.Sfu.Want(NegotiationPair.Voice("p"));
        Assert.False(fresh.Sfu.NeedsOffer);
        Assert.Throws<InvalidOperationException>(() => fresh.Sfu.CreateOffer(out _));

        Assert.False(Sfu.NeedsOffer);
        Sfu.Want(NegotiationPair.Voice("p"));
        Assert.True(Sfu.NeedsOffer);
        Sfu.Unwant(NegotiationPair.Voice("p").TrackId);
        Assert.False(Sfu.NeedsOffer);
    }

    [Fact]
    [Trait("Spec", "media-41")]
    public void Every_section_of_an_offer_is_bundled_and_names_its_track()
    {
        _pair.Client.Add(NegotiationPair.Voice("me"));
        _pair.ClientOffers();
        Sfu.Want(NegotiationPair.Voice("p1"));
        Sfu.Want(NegotiationPair.Voice("p2"));
        Sfu.Want(NegotiationPair.Screen("p2"));
        SessionDescription offer = _pair.SfuOffers();

        Assert.Equal(["0", "1", "2", "3"], offer.Bundle!);
        Assert.Equal(offer.Bundle!, offer.Sections.Select(section => section.Mid));
        Assert.All(offer.Sections, section => Assert.Equal(DtlsSetup.ActPass, section.Setup));
        foreach ((MediaSection section, string publisher) in offer.Sections.Skip(1).Zip(["p1", "p2", "p2"]))
        {
            Assert.True(section.HasRtcpMux && section.HasRtcpRsize);
            MediaStreamId streamId = Assert.Single(section.StreamIds);
            Assert.Equal(publisher, streamId.StreamId);
            SsrcDescription source = Assert.Single(section.Ssrcs);
            Assert.Equal(publisher, source.Cname);
            Assert.Equal(streamId, source.StreamId);
        }

        // DEV-7: only where the client sends are we ready to receive.
        Assert.Equal(
            [MediaDirection.SendRecv, MediaDirection.SendOnly, MediaDirection.SendOnly],
            offer.Sections.Skip(1).Select(section => section.Direction));
    }

    [Fact]
    [Trait("Spec", "media-42")]
    public void A_voice_is_named_after_its_publisher()
    {
        Sfu.Want(OutgoingTrack.Create(TrackType.Voice, MediaCodec.Opus, "S", 0x1234_5678_9ABC_DEF0));
        string offer = Sfu.CreateOffer(out _);

        Assert.Matches(new Regex("a=msid:S voice_S_[ybndrfg8ejkmcpqxot1uwisza345h769]{8}\r\n"), offer);
    }

    [Fact]
    [Trait("Spec", "media-43")]
    public void The_first_voice_arrives_on_the_clients_own_microphone_section()
    {
        _pair.Client.Add(NegotiationPair.Voice("me"));
        _pair.ClientOffers();
        Sfu.Want(NegotiationPair.Voice("p"));
        SessionDescription offer = _pair.SfuOffers();

        Assert.Equal(2, offer.Sections.Count);
        Assert.Equal("1", Assert.Single(Sfu.Sending).Mid);
        Assert.Equal("1", Assert.Single(Sfu.Receiving).Mid);
        Assert.Equal(Sfu.Sending[0].Ssrc, Assert.Single(Assert.Single(_pair.Client.Receiving).Ssrcs));
    }

    [Fact]
    public void The_media_map_names_every_bound_section_after_the_offer()
    {
        Sfu.Want(NegotiationPair.Voice("p1"));
        _pair.SfuOffers();
        Sfu.Want(NegotiationPair.Screen("p2"));
        Sfu.CreateOffer(out IReadOnlyList<MediaMapEntry> map);
        Assert.Equal([new("1", TrackType.Voice, "p1"), new("2", TrackType.Screen, "p2")], map);

        Sfu.Rollback();
        Sfu.Unwant(NegotiationPair.Voice("p1").TrackId);
        Sfu.Unwant(NegotiationPair.Screen("p2").TrackId);
        Sfu.CreateOffer(out map);
        Assert.Empty(map);
    }

    [Fact]
    public void A_section_is_seen_inactive_before_it_carries_another_track_with_another_source()
    {
        Sfu.Want(NegotiationPair.Screen("p1"));
        _pair.SfuOffers();
        uint first = Sfu.Sending[0].Ssrc;

        Sfu.Unwant(NegotiationPair.Screen("p1").TrackId);
        Sfu.Want(NegotiationPair.Screen("p2"));
        SessionDescription offer = _pair.SfuOffers();
        Assert.Equal([MediaDirection.Inactive, MediaDirection.SendOnly], offer.Sections.Skip(1).Select(section => section.Direction));
        Assert.Equal("2", Assert.Single(Sfu.Sending).Mid);

        Sfu.Want(NegotiationPair.Screen("p3"));
        offer = _pair.SfuOffers();
        Assert.Equal(3, offer.Sections.Count);
        Assert.Equal(["1", "2"], Sfu.Sending.Select(section => section.Mid));
        Assert.NotEqual(first, Sfu.Sending[0].Ssrc);
        Assert.False(Sfu.NeedsOffer);
    }

    [Fact]
    public void A_track_that_changes_under_its_id_is_withdrawn_and_bound_again()
    {
        OutgoingTrack track = NegotiationPair.Voice("p");
        Sfu.Want(track);
        _pair.SfuOffers();
        Sfu.Want(track with { Type = TrackType.ScreenAudio });
        _pair.SfuOffers();
        Assert.False(Sfu.NeedsOffer);
        Assert.Equal(TrackType.ScreenAudio, Assert.Single(Sfu.Sending).Track.Type);
        Assert.Equal("2", Sfu.Sending[0].Mid);
    }

    [Fact]
    public void A_sendonly_section_of_the_client_is_never_used_for_others()
    {
        var sfu = new PeerNegotiation(NegotiationPair.SfuTransport(), new CountingSsrcSource(1));
        string offer = SdpFixtures.Read("chromium-client-offer-dc_video.sr.sdp").Replace("a=sendrecv", "a=sendonly", StringComparison.Ordinal);
        Assert.Equal(NegotiationResult.Ok, sfu.TryApplyOffer(offer, out _));
        sfu.Want(NegotiationPair.Screen("p"));
        SessionDescription ours = NegotiationPair.Parse(sfu.CreateOffer(out _));

        Assert.Equal([MediaDirection.RecvOnly, MediaDirection.SendOnly], ours.Sections.Skip(1).Select(section => section.Direction));
    }

    [Fact]
    public void An_av1_track_does_not_go_to_a_section_without_av1_nor_vp8_to_one_with_av1_alone()
    {
        _pair.Client.Add(NegotiationPair.Screen("me", 1));
        _pair.Client.Add(OutgoingTrack.Create(TrackType.Screen, MediaCodec.Av1, "me", 2));
        _pair.ClientOffers();
        Assert.Equal([45], _pair.FromSfu[^1].Sections[2].Codecs.Select(codec => (int)codec.PayloadType));

        Sfu.Want(NegotiationPair.Screen("p1"));
        Sfu.Want(NegotiationPair.Screen("p2"));
        Sfu.Want(OutgoingTrack.Create(TrackType.Screen, MediaCodec.Av1, "p3", 3));
        _pair.SfuOffers();
        Assert.Equal(
            [("1", "p1"), ("2", "p3"), ("3", "p2")],
            Sfu.Sending.Select(section => (section.Mid, section.Track.StreamId)));
        Assert.Null(Sfu.Sending[1].Find(MediaCodec.Vp8));
        Assert.Equal((byte?)45, Sfu.Sending[2].Find(MediaCodec.Av1)?.PayloadType);
    }

    [Fact]
    public void A_client_without_av1_keeps_vp8()
    {
        SupportedCodecs withoutAv1 = new([.. SupportedCodecs.Default.Codecs.Where(codec => codec.Codec != MediaCodec.Av1)], AcceptsRtx: false);
        var pair = new NegotiationPair(ClientProfile.Chromium with { Understood = withoutAv1 });
        pair.ClientOffers();
        pair.Sfu.Want(NegotiationPair.Screen("p"));
        pair.SfuOffers();

        Assert.Null(pair.Sfu.Sending[0].Find(MediaCodec.Av1));
        Assert.Equal((byte?)96, pair.Sfu.Sending[0].Find(MediaCodec.Vp8)?.PayloadType);
        Assert.False(pair.Sfu.NeedsOffer);
    }

    [Fact]
    public void Retransmissions_get_a_payload_type_and_a_source_of_their_own()
    {
        var pair = new NegotiationPair(codecs: SupportedCodecs.WithRtx);
        pair.ClientOffers();
        pair.Sfu.Want(NegotiationPair.Screen("p"));
        SessionDescription offer = pair.SfuOffers();

        SendingSection sending = Assert.Single(pair.Sfu.Sending);
        Assert.Equal((byte?)97, sending.Find(MediaCodec.Vp8)!.Value.RtxPayloadType);
        Assert.Equal([sending.Ssrc, sending.RtxSsrc], Assert.Single(offer.Sections[1].SsrcGroups).Ssrcs);
        Assert.Equal([sending.RtxSsrc], pair.Client.Receiving[0].RtxSsrcs);
    }

    [Fact]
    public void At_most_fifty_sections_are_added_per_offer_and_it_stays_below_64_kilobytes()
    {
        for (int i = 0; i < 70; i++)
        {
            Sfu.Want(NegotiationPair.Voice(i.ToString("D26"), (ulong)i));
        }

        string offer = _pair.SfuOffer(out SessionDescription description);
        Assert.Equal(51, description.Sections.Count);
        Assert.InRange(Encoding.UTF8.GetByteCount(offer), 20_000, 64 * 1024);
        Assert.Equal(NegotiationResult.Ok, _pair.Client.TryApplyOffer(offer, out string answer));
        Assert.Equal(NegotiationResult.Ok, Sfu.TryApplyAnswer(answer));
        Assert.Equal(50, Sfu.Sending.Count);

        Assert.True(Sfu.NeedsOffer);
        _pair.SfuOffers();
        Assert.Equal(70, Sfu.Sending.Count);
        Assert.False(Sfu.NeedsOffer);
    }

    [Theory]
    [InlineData(PeerNegotiation.MaxSectionsOverWebSocket, 64)]
    [InlineData(PeerNegotiation.MaxSectionsOverDataChannel, 256)]
    public void Sections_stop_growing_while_the_clients_descriptions_still_fit(int maxSections, int kibibytes)
    {
        var sfu = new PeerNegotiation(NegotiationPair.SfuTransport(), new CountingSsrcSource(1), maxSections: maxSections);
        ClientNegotiation client = _pair.Client;
        Assert.Equal(NegotiationResult.Ok, sfu.TryApplyOffer(client.CreateOffer(), out string answer));
        Assert.Equal(NegotiationResult.Ok, client.TryApplyAnswer(answer));
        for (int i = 0; i < maxSections + 10; i++)
        {
            sfu.Want(NegotiationPair.Voice(i.ToString("D26")));
        }

        while (sfu.NeedsOffer)
        {
            Assert.Equal(NegotiationResult.Ok, client.TryApplyOffer(sfu.CreateOffer(out _), out answer));
            Assert.Equal(NegotiationResult.Ok, sfu.TryApplyAnswer(answer));
        }

        Assert.Equal(maxSections - 1, sfu.Sending.Count);
        string offer = client.CreateOffer();
        Assert.InRange(offer.Length, 1, kibibytes * 1024);
        Assert.Equal(NegotiationResult.Ok, sfu.TryApplyOffer(offer, out answer));
        Assert.Equal(NegotiationResult.Ok, client.TryApplyAnswer(answer));

        // A track that leaves makes room for one that waited, in two offers.
        sfu.Unwant(sfu.Sending[0].Track.TrackId);
        for (int i = 0; i < 2; i++)
        {
            Assert.True(sfu.NeedsOffer);
            Assert.Equal(NegotiationResult.Ok, client.TryApplyOffer(sfu.CreateOffer(out _), out answer));
            Assert.Equal(NegotiationResult.Ok, sfu.TryApplyAnswer(answer));
        }

        Assert.Equal(maxSections - 1, sfu.Sending.Count);
        Assert.False(sfu.NeedsOffer);
    }

    [Fact]
    [Trait("Spec", "media-47")]
    public void No_id_means_two_extensions_in_the_bundle()
    {
        // The ids we would assign ourselves are all taken by extensions we refuse.
        var profile = ClientProfile.Chromium with
        {
            Extensions = new(
                [
                    new(1, "urn:x:a"), new(2, "urn:x:b"), new(3, "urn:x:c"), new(4, HeaderExtensionUris.AudioLevel), new(5, "urn:x:d"),
                ],
                []),
        };
        var pair = new NegotiationPair(profile);
        pair.Client.Add(NegotiationPair.Voice("me"));
        pair.ClientOffers();
        pair.Sfu.Want(NegotiationPair.Voice("p1"));
        pair.Sfu.Want(NegotiationPair.Voice("p2"));
        pair.Sfu.Want(NegotiationPair.Screen("p1"));
        pair.SfuOffer(out SessionDescription offer);

        var owners = new Dictionary<byte, string> { [1] = "urn:x:a", [2] = "urn:x:b", [3] = "urn:x:c", [5] = "urn:x:d" };
        foreach (HeaderExtension extension in offer.Sections.SelectMany(section => section.Extensions))
        {
            Assert.Equal(extension.Uri, owners.TryAdd(extension.Id, extension.Uri) ? extension.Uri : owners[extension.Id]);
            Assert.InRange(extension.Id, 1, 14);
        }

        Assert.Equal(4, offer.Sections[2].Extensions.Single(extension => extension.Uri == HeaderExtensionUris.AudioLevel).Id);
        Assert.Equal(4, offer.Sections[3].Extensions.Count);
    }

    [Fact]
    public void An_id_the_client_moves_to_another_extension_is_refused()
    {
        _pair.Client.Add(NegotiationPair.Voice("me"));
        string offer = _pair.Client.CreateOffer();
        Assert.Equal(NegotiationResult.Ok, Sfu.TryApplyOffer(offer, out string answer));
        Assert.Equal(NegotiationResult.Ok, _pair.Client.TryApplyAnswer(answer));
        string moved = offer
            .Replace("extmap:1 " + HeaderExtensionUris.AudioLevel, "extmap:3 " + HeaderExtensionUris.AudioLevel, StringComparison.Ordinal)
            .Replace("extmap:3 " + HeaderExtensionUris.TransportCc, "extmap:1 " + HeaderExtensionUris.TransportCc, StringComparison.Ordinal);

        Assert.Equal(NegotiationResult.Ok, Sfu.TryApplyOffer(moved, out answer));
        Assert.Equal(HeaderExtensionUris.Mid, Assert.Single(NegotiationPair.Parse(answer).Sections[1].Extensions).Uri);
    }

    [Fact]
    public void An_answer_that_does_not_fit_the_offer_is_ignored_and_the_right_one_still_counts()
    {
        Sfu.Want(NegotiationPair.Voice("p"));
        string offer = _pair.SfuOffer(out _);
        Assert.Equal(NegotiationResult.Ok, _pair.Client.TryApplyOffer(offer, out string answer));

        Assert.Equal(NegotiationResult.Mismatch, Sfu.TryApplyAnswer(SdpFixtures.Read("chromium-client-answer-dc_audio.ro_audio.ro.sdp")));
        Assert.Equal(NegotiationResult.Mismatch, Sfu.TryApplyAnswer(answer.Replace("a=mid:1", "a=mid:2", StringComparison.Ordinal)));
        Assert.Equal(NegotiationResult.Malformed, Sfu.TryApplyAnswer("v=0"));
        Assert.True(Sfu.HasPendingOffer);
        Assert.Equal(NegotiationResult.Ok, Sfu.TryApplyAnswer(answer));
        Assert.Single(Sfu.Sending);
        Assert.Equal(NegotiationResult.WrongState, Sfu.TryApplyAnswer(answer));
    }

    [Fact]
    public void A_client_that_refuses_a_track_is_not_asked_again_and_again()
    {
        Sfu.Want(NegotiationPair.Voice("p"));
        string offer = _pair.SfuOffer(out _);
        Assert.Equal(NegotiationResult.Ok, _pair.Client.TryApplyOffer(offer, out string answer));
        Assert.Equal(NegotiationResult.Ok, Sfu.TryApplyAnswer(answer.Replace("a=recvonly", "a=inactive", StringComparison.Ordinal)));

        Assert.Empty(Sfu.Sending);
        Assert.False(Sfu.NeedsOffer);
        _pair.ClientOffers();
        Assert.Single(Sfu.Sending);
    }

    [Fact]
    public void A_rolled_back_offer_is_made_again_with_the_same_sections_and_sources()
    {
        Sfu.Want(NegotiationPair.Voice("p"));
        _pair.SfuOffer(out SessionDescription first);
        Sfu.Rollback();
        Assert.True(Sfu.NeedsOffer);
        Sfu.Want(NegotiationPair.Voice("q"));
        SessionDescription second = _pair.SfuOffers();

        Assert.Equal(first.Sections[1].Ssrcs, second.Sections[1].Ssrcs);
        Assert.Equal(3, second.Sections.Count);
        Assert.Equal(2, Sfu.Sending.Count);
        Assert.False(Sfu.NeedsOffer);
    }

    [Fact]
    public void A_late_answer_after_the_rollback_is_discarded()
    {
        Sfu.Want(NegotiationPair.Voice("p"));
        Assert.Equal(NegotiationResult.Ok, _pair.Client.TryApplyOffer(_pair.SfuOffer(out _), out string late));
        Sfu.Rollback();

        Assert.Equal(NegotiationResult.WrongState, Sfu.TryApplyAnswer(late));
        Assert.Empty(Sfu.Sending);
        _pair.SfuOffers();
        Assert.Single(Sfu.Sending);
    }

    [Fact]
    public void After_a_rollback_the_client_may_offer_without_ever_having_seen_ours()
    {
        Sfu.Want(NegotiationPair.Screen("p"));
        Sfu.Want(NegotiationPair.Voice("p"));
        _pair.SfuOffer(out _);
        Sfu.Rollback();

        // The client numbers its section 1 as well, for another kind.
        _pair.Client.Add(NegotiationPair.Voice("me"));
        SessionDescription answer = _pair.ClientOffers();
        Assert.Equal(["0", "1"], answer.Sections.Select(section => section.Mid));
        Assert.Single(Sfu.Receiving);
        Assert.True(Sfu.NeedsOffer);

        SessionDescription offer = _pair.SfuOffers();
        Assert.Equal([("1", "p"), ("3", "p")], Sfu.Sending.Select(section => (section.Mid, section.Track.StreamId)).Order());
        Assert.Equal(["0", "1", "3"], offer.Bundle!);
        Assert.False(Sfu.NeedsOffer);
    }

    [Fact]
    public void A_withdrawal_that_was_rolled_back_is_offered_again()
    {
        Sfu.Want(NegotiationPair.Voice("p"));
        _pair.SfuOffers();
        Sfu.Unwant(NegotiationPair.Voice("p").TrackId);
        _pair.SfuOffer(out _);
        Sfu.Rollback();
        Assert.True(Sfu.NeedsOffer);

        // The section is not given to anybody before the client has seen it empty.
        Sfu.Want(NegotiationPair.Voice("q"));
        SessionDescription offer = _pair.SfuOffers();
        Assert.Equal([MediaDirection.Inactive, MediaDirection.SendOnly], offer.Sections.Skip(1).Select(section => section.Direction));
    }

    [Fact]
    public void A_withdrawal_waits_for_an_offer_of_ours_because_the_media_map_goes_with_it()
    {
        Sfu.Want(NegotiationPair.Voice("p"));
        _pair.SfuOffers();
        Sfu.Unwant(NegotiationPair.Voice("p").TrackId);

        Assert.Equal(MediaDirection.SendOnly, _pair.ClientOffers().Sections[1].Direction);
        Assert.True(Sfu.NeedsOffer);
        Assert.Equal(MediaDirection.Inactive, _pair.SfuOffers().Sections[1].Direction);
        Assert.Empty(Sfu.Sending);
    }

    [Fact]
    public void A_binding_unwanted_during_a_rollback_does_not_come_back_through_an_answer()
    {
        _pair.Client.Add(NegotiationPair.Voice("me"));
        _pair.ClientOffers();
        Sfu.Want(NegotiationPair.Voice("p"));
        _pair.SfuOffer(out _);
        Sfu.Rollback();
        Sfu.Unwant(NegotiationPair.Voice("p").TrackId);

        Assert.Equal(MediaDirection.RecvOnly, _pair.ClientOffers().Sections[1].Direction);
        Assert.Empty(Sfu.Sending);
        Assert.False(Sfu.NeedsOffer);
    }

    [Fact]
    [Trait("Spec", "media-48")]
    public void The_origin_keeps_its_session_id_and_raises_its_version()
    {
        _pair.Client.Add(NegotiationPair.Voice("me"));
        _pair.ClientOffers();
        Sfu.Want(NegotiationPair.Voice("p"));
        _pair.SfuOffer(out _);
        Sfu.Rollback();
        _pair.SfuOffers();
        _pair.ClientOffers();

        Assert.Equal(5, _pair.FromSfu.Count);
        Assert.Single(_pair.FromSfu.Select(description => description.OriginSessionId).Distinct());
        Assert.Equal(
            Enumerable.Range(0, 5).Select(i => 1_800_000_000ul + (ulong)i),
            _pair.FromSfu.Select(description => description.OriginVersion));
    }
}
