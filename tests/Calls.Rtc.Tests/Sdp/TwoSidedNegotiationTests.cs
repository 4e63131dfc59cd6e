using Calls.Rtc.Sdp;

namespace Calls.Rtc.Tests.Sdp;

/// <summary>The SFU's and the client's side against each other.</summary>
public sealed class TwoSidedNegotiationTests
{
    [Fact]
    [Trait("Spec", "media-46")]
    public void Fifty_alternating_negotiations_keep_order_and_mids()
    {
        var pair = new NegotiationPair();
        pair.ClientOffers();
        List<string> order = ["0"];
        for (int i = 0; i < 50; i++)
        {
            SessionDescription description;
            if (i % 2 == 0)
            {
                pair.Client.Add(i % 4 == 0 ? NegotiationPair.Voice("me", (ulong)i) : NegotiationPair.Screen("me", (ulong)i));
                description = pair.ClientOffers();
            }
            else
            {
                pair.Sfu.Want(NegotiationPair.Voice("p", (ulong)i));
                pair.Sfu.Want(NegotiationPair.Screen("p", (ulong)i));
                description = pair.SfuOffers();
            }

            string[] mids = [.. description.Sections.Select(section => section.Mid)];
            Assert.Equal(mids.Length, mids.Distinct().Count());
            Assert.Equal(order, mids.Take(order.Count));
            order = [.. mids];
        }

        Assert.InRange(order.Count, 40, 100);
        Assert.Equal(50, pair.Sfu.Sending.Count);
        Assert.Equal(12, pair.Sfu.Receiving.Count);
    }

    [Fact]
    [Trait("Spec", "media-45")]
    public void A_hundred_participants_in_sequence_leave_at_most_twelve_audio_sections()
    {
        var pair = new NegotiationPair();
        pair.Client.Add(NegotiationPair.Voice("longest"));
        pair.ClientOffers();
        var present = new Queue<OutgoingTrack>();
        for (int i = 0; i < 100; i++)
        {
            // With the longest-lived client itself five are present.
            if (present.Count == 4)
            {
                pair.Sfu.Unwant(present.Dequeue().TrackId);
            }

            present.Enqueue(NegotiationPair.Voice($"participant{i}", (ulong)i));
            pair.Sfu.Want(present.Last());
            pair.SfuOffers();
            Assert.Equal(present.Count, pair.Sfu.Sending.Count);
            Assert.Equal(
                present.Select(track => track.TrackId).Order(),
                pair.Client.Receiving.Select(section => section.TrackId).Order());
        }

        Assert.InRange(pair.FromSfu[^1].Sections.Count(section => section.Kind == MediaKind.Audio), 4, 12);
    }

    [Fact]
    public void Both_sides_agree_after_random_changes_timeouts_and_glare()
    {
        const int Seed = 77;
        var random = new Random(Seed);
        for (int round = 0; round < 40; round++)
        {
            var pair = new NegotiationPair(codecs: round % 2 == 0 ? SupportedCodecs.Default : SupportedCodecs.WithRtx);
            pair.ClientOffers();
            for (int step = 0; step < 40; step++)
            {
                Step(pair, random);
            }

            Settle(pair);
            string context = $"seed {Seed}, round {round}";
            Assert.True(!pair.Sfu.NeedsOffer, context);
            Assert.Equal(
                pair.Sfu.Sending.Select(section => (section.Mid, section.Ssrc, section.Track.TrackId)),
                pair.Client.Receiving.Select(section => (section.Mid, section.Ssrcs[0], section.TrackId)));
            Assert.Equal(
                pair.Client.Sending.Select(section => (section.Mid, section.Ssrc, section.Track.TrackId)),
                pair.Sfu.Receiving.Select(section => (section.Mid, section.Ssrcs[0], section.TrackId)));
            Assert.Equal(
                pair.Client.Sending.Select(section => section.Extensions), pair.Sfu.Receiving.Select(section => section.Extensions));
            Assert.Equal(
                pair.Sfu.Sending.Select(section => section.Extensions), pair.Client.Receiving.Select(section => section.Extensions));
            Assert.Equal(
                pair.Sfu.Sending.SelectMany(section => section.Codecs), pair.Client.Receiving.SelectMany(section => section.Codecs));
        }
    }

    [Fact]
    public void A_crossing_client_offer_is_ignored_and_succeeds_after_ours()
    {
        var pair = new NegotiationPair();
        pair.ClientOffers();
        pair.Sfu.Want(NegotiationPair.Voice("p"));
        pair.Client.Add(NegotiationPair.Screen("me"));
        string ours = pair.SfuOffer(out _);
        string theirs = pair.Client.CreateOffer();

        Assert.Equal(NegotiationResult.WrongState, pair.Sfu.TryApplyOffer(theirs, out _));
        Assert.Equal(NegotiationResult.Ok, pair.Client.TryApplyOffer(ours, out string answer));
        Assert.Equal(NegotiationResult.Ok, pair.Sfu.TryApplyAnswer(answer));
        Assert.Single(pair.Sfu.Sending);

        Assert.True(pair.Client.NeedsOffer);
        Assert.Equal("2", pair.ClientOffers().Sections[2].Mid);
        Assert.Single(pair.Sfu.Receiving);
    }

    [Fact]
    public void A_client_may_publish_on_a_section_the_sfu_made()
    {
        var pair = new NegotiationPair();
        pair.ClientOffers();
        pair.Sfu.Want(NegotiationPair.Voice("p"));
        pair.SfuOffers();
        pair.Client.Add(NegotiationPair.Voice("me"));
        SessionDescription answer = pair.ClientOffers();

        Assert.Equal(2, answer.Sections.Count);
        Assert.Equal(MediaDirection.SendRecv, answer.Sections[1].Direction);
        Assert.Equal("me", Assert.Single(pair.Sfu.Receiving).StreamId);

        // From now on our offers invite it to go on sending there.
        Assert.Equal(MediaDirection.SendRecv, pair.SfuOffers().Sections[1].Direction);
        pair.Client.Remove(NegotiationPair.Voice("me").TrackId);
        Assert.Equal(MediaDirection.SendOnly, pair.ClientOffers().Sections[1].Direction);
        Assert.Empty(pair.Sfu.Receiving);
    }

    [Fact]
    public void The_active_role_is_negotiated_both_ways()
    {
        var pair = new NegotiationPair(sfu: NegotiationPair.SfuTransport() with { PreferredSetup = DtlsSetup.Active });
        pair.ClientOffers();
        pair.Sfu.Want(NegotiationPair.Voice("p"));
        pair.SfuOffers();

        Assert.Equal((DtlsSetup.Active, DtlsSetup.Passive), (pair.Sfu.LocalSetup, pair.Client.LocalSetup));
    }

    private static void Step(NegotiationPair pair, Random random)
    {
        string publisher = "p" + random.Next(6);
        switch (random.Next(8))
        {
            case 0:
                pair.Sfu.Want(NegotiationPair.Voice(publisher));
                break;
            case 1:
                pair.Sfu.Want(NegotiationPair.Screen(publisher));
                break;
            case 2:
                pair.Sfu.Unwant(NegotiationPair.Voice(publisher).TrackId);
                break;
            case 3:
                pair.Sfu.Unwant(NegotiationPair.Screen(publisher).TrackId);
                break;
            case 4 when pair.Client.Sending.Count < 5:
                pair.Client.Add(NegotiationPair.Voice("me", (ulong)random.Next()));
                pair.ClientOffers();
                break;
            case 5 when pair.Client.Sending.Count > 0:
                pair.Client.Remove(pair.Client.Sending[0].Track.TrackId);
                pair.ClientOffers();
                break;
            case 6 when pair.Sfu.NeedsOffer:
                // Our offer is lost, or only its answer is.
                string lost = pair.SfuOffer(out _);
                if (random.Next(2) == 0)
                {
                    Assert.Equal(NegotiationResult.Ok, pair.Client.TryApplyOffer(lost, out _));
                }

                pair.Sfu.Rollback();
                break;
            case 7 when pair.Sfu.NeedsOffer:
                pair.SfuOffers();
                break;
        }
    }

    private static void Settle(NegotiationPair pair)
    {
        pair.ClientOffers();
        for (int i = 0; i < 5 && pair.Sfu.NeedsOffer; i++)
        {
            pair.SfuOffers();
        }
    }
}
