using Calls.Rtc.Sdp;
using Calls.Rtc.Sessions;

namespace Calls.Rtc.Tests.Sessions;

public sealed class SessionNegotiationTests : INegotiationOutput
{
    private readonly List<(SignalingPath Path, SessionDescriptionMessage Description)> _sent = [];
    private readonly List<IReadOnlyList<MediaMapEntry>> _maps = [];
    private readonly List<bool> _lockReplies = [];
    private readonly ClientNegotiation _client = new(Transport("client"), new RandomSsrcSource(1, 7));
    private readonly List<long> _lockWaits = [];
    private readonly List<long> _lockHolds = [];
    private int _offersUnanswered;
    private bool _failed;
    private long _nowMs = 1_000;

    [Fact]
    [Trait("Spec", "media-50")]
    public void An_answer_takes_the_way_its_offer_came()
    {
        SessionNegotiation negotiation = Open(offersOnDataChannel: true);
        Assert.Equal((SignalingPath.WebSocket, false), (_sent.Single().Path, _sent.Single().Description.IsOffer));

        negotiation.OnDescription(new(IsOffer: true, _client.CreateOffer()), SignalingPath.DataChannel, _nowMs);

        Assert.Equal(SignalingPath.DataChannel, _sent[^1].Path);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Spec", "media-49")]
    public void Offers_travel_where_the_session_was_joined_to_get_them(bool onDataChannel)
    {
        SessionNegotiation negotiation = Open(onDataChannel);

        Want(negotiation, "voice_alice_aaaaaaaa");
        negotiation.OnChannelAcknowledged(_maps.Count, _nowMs);

        Assert.Equal(onDataChannel ? SignalingPath.DataChannel : SignalingPath.WebSocket, Offer().Path);
    }

    [Fact]
    [Trait("Spec", "media-51")]
    public void A_WebSocket_offer_waits_until_its_media_map_has_arrived()
    {
        SessionNegotiation negotiation = Open(offersOnDataChannel: false);

        Want(negotiation, "voice_alice_aaaaaaaa");
        Assert.Equal("alice", _maps.Single().Single().SenderId);
        Assert.DoesNotContain(_sent, static sent => sent.Description.IsOffer);

        negotiation.OnChannelAcknowledged(1, _nowMs);
        Assert.Single(_sent, static sent => sent.Description.IsOffer);
    }

    [Fact]
    public void A_media_map_that_is_never_acknowledged_holds_its_offer_for_half_a_second_only()
    {
        SessionNegotiation negotiation = Open(offersOnDataChannel: false);
        Want(negotiation, "voice_alice_aaaaaaaa");

        At(_nowMs + SessionNegotiation.MapAcknowledgementMs, negotiation);

        Assert.Single(_sent, static sent => sent.Description.IsOffer);
    }

    [Fact]
    [Trait("Spec", "media-59")]
    public void Tracks_that_appear_together_are_offered_together()
    {
        SessionNegotiation negotiation = Open(offersOnDataChannel: true);
        negotiation.Want(Track("screen_alice_aaaaaaaa", TrackType.Screen), _nowMs);
        _nowMs += 20;
        negotiation.Want(Track("screen-audio_alice_bbbbbbbb", TrackType.ScreenAudio), _nowMs);

        At(_nowMs + SessionNegotiation.CoalesceMs, negotiation);

        Assert.Equal(2, _maps.Single().Count);
        Assert.Single(_sent, static sent => sent.Description.IsOffer);
    }

    [Fact]
    [Trait("Spec", "media-52")]
    public void A_client_that_holds_the_lock_is_not_offered_to_until_it_unlocks()
    {
        SessionNegotiation negotiation = Open(offersOnDataChannel: true);
        negotiation.OnLock(_nowMs);

        Want(negotiation, "voice_alice_aaaaaaaa");
        Assert.Empty(_maps);

        At(_nowMs + 1_000, negotiation);
        Assert.Empty(_maps);

        negotiation.OnUnlock(_nowMs);
        At(_nowMs + 100, negotiation);
        Assert.Single(_sent, static sent => sent.Description.IsOffer);
    }

    [Fact]
    [Trait("Spec", "media-53")]
    public void A_client_that_locks_and_vanishes_blocks_us_for_15_s_at_most()
    {
        SessionNegotiation negotiation = Open(offersOnDataChannel: true);
        long lockedMs = _nowMs;
        negotiation.OnLock(lockedMs);
        Want(negotiation, "voice_alice_aaaaaaaa");

        At(lockedMs + NegotiationLock.LeaseMs - 1, negotiation);
        Assert.Empty(_maps);

        At(lockedMs + NegotiationLock.LeaseMs, negotiation);
        Assert.Single(_sent, static sent => sent.Description.IsOffer);
    }

    [Fact]
    [Trait("Spec", "media-54")]
    public void While_our_offer_is_out_the_lock_is_refused_and_free_again_after_the_answer()
    {
        SessionNegotiation negotiation = Open(offersOnDataChannel: true);
        Want(negotiation, "voice_alice_aaaaaaaa");

        negotiation.OnLock(_nowMs);
        Answer(negotiation);
        negotiation.OnLock(_nowMs);

        Assert.Equal([false, true], _lockReplies);
    }

    [Fact]
    [Trait("Spec", "media-55")]
    public void An_offer_without_an_answer_is_taken_back_after_10_s_and_made_again()
    {
        SessionNegotiation negotiation = Open(offersOnDataChannel: true);
        Want(negotiation, "voice_alice_aaaaaaaa");
        int offers = Offers();

        At(_nowMs + SessionNegotiation.AnswerTimeoutMs, negotiation);
        Assert.True(negotiation.OnDescription(new(IsOffer: true, _client.CreateOffer()), SignalingPath.WebSocket, _nowMs));
        At(_nowMs + SessionNegotiation.CoalesceMs, negotiation);

        Assert.Equal(offers + 1, Offers());
        Answer(negotiation);
        Assert.False(_failed);
    }

    [Fact]
    public void Three_offers_without_an_answer_end_the_session()
    {
        SessionNegotiation negotiation = Open(offersOnDataChannel: true);
        Want(negotiation, "voice_alice_aaaaaaaa");

        for (int i = 0; i < SessionNegotiation.MaxUnanswered; i++)
        {
            Assert.False(_failed);
            At(_nowMs + SessionNegotiation.CoalesceMs, negotiation);
            At(_nowMs + SessionNegotiation.AnswerTimeoutMs, negotiation);
        }

        Assert.True(_failed);
        Assert.Null(negotiation.DeadlineMs);
        Assert.Equal(SessionNegotiation.MaxUnanswered, _offersUnanswered);
        Assert.All(_lockHolds, static held => Assert.InRange(held, SessionNegotiation.AnswerTimeoutMs, SessionNegotiation.AnswerTimeoutMs + SessionNegotiation.CoalesceMs));
    }

    [Fact]
    [Trait("Spec", "media-56")]
    public void An_answer_that_comes_12_s_late_is_discarded()
    {
        SessionNegotiation negotiation = Open(offersOnDataChannel: true);
        Want(negotiation, "voice_alice_aaaaaaaa");
        string late = AnswerTo(Offer().Description.Sdp);

        negotiation.OnLock(_nowMs); // refused: ours is out
        At(_nowMs + SessionNegotiation.AnswerTimeoutMs, negotiation);
        negotiation.OnLock(_nowMs); // taken: no second offer may go out meanwhile
        _nowMs += 2_000;

        Assert.False(negotiation.OnDescription(new(IsOffer: false, late), SignalingPath.DataChannel, _nowMs));
    }

    [Fact]
    public void After_an_answer_too_many_the_client_is_asked_once_more()
    {
        SessionNegotiation negotiation = Open(offersOnDataChannel: true);
        Want(negotiation, "voice_alice_aaaaaaaa");
        string late = AnswerTo(Offer().Description.Sdp);
        At(_nowMs + SessionNegotiation.AnswerTimeoutMs, negotiation);
        At(_nowMs + SessionNegotiation.CoalesceMs, negotiation);
        string meant = AnswerTo(Offer().Description.Sdp);
        int offers = Offers();

        // Nothing tells that the first is not for the last offer.
        Assert.True(negotiation.OnDescription(new(IsOffer: false, late), SignalingPath.DataChannel, _nowMs));
        Assert.False(negotiation.OnDescription(new(IsOffer: false, meant), SignalingPath.DataChannel, _nowMs));
        At(_nowMs + SessionNegotiation.BusyCoalesceMs, negotiation);
        Assert.Equal(offers + 1, Offers());

        Answer(negotiation);
        Assert.False(negotiation.OnDescription(new(IsOffer: false, meant), SignalingPath.DataChannel, _nowMs));
        At(_nowMs + 1_000, negotiation);
        Assert.Equal(offers + 1, Offers());
    }

    [Fact]
    public void A_withdrawal_waits_for_company_and_goes_with_the_next_track()
    {
        SessionNegotiation negotiation = Open(offersOnDataChannel: true);
        Want(negotiation, "voice_alice_aaaaaaaa");
        Answer(negotiation);
        _nowMs += SessionNegotiation.BusyMs;
        int offers = Offers();

        negotiation.Unwant("voice_alice_aaaaaaaa", _nowMs);
        At(_nowMs + SessionNegotiation.WithdrawalMs - SessionNegotiation.CoalesceMs - 1, negotiation);
        Assert.Equal(offers, Offers());
        Want(negotiation, "voice_bob_bbbbbbbb");

        Assert.Equal(offers + 1, Offers());
        Assert.Equal("bob", Assert.Single(_maps[^1]).SenderId);
    }

    [Fact]
    [Trait("Spec", "media-57")]
    public void A_client_offer_against_ours_is_ignored_and_a_later_one_answered()
    {
        SessionNegotiation negotiation = Open(offersOnDataChannel: true);
        Want(negotiation, "voice_alice_aaaaaaaa");
        int sent = _sent.Count;

        Assert.False(negotiation.OnDescription(new(IsOffer: true, _client.CreateOffer()), SignalingPath.WebSocket, _nowMs));
        Assert.Equal(sent, _sent.Count);
        Assert.Equal(1, negotiation.GlareCount);

        Answer(negotiation); // the browser rolls its own offer back and answers
        Assert.True(negotiation.OnDescription(new(IsOffer: true, _client.CreateOffer()), SignalingPath.WebSocket, _nowMs));
    }

    [Fact]
    [Trait("Spec", "media-60")]
    public void Unlocking_a_free_lock_does_nothing()
    {
        SessionNegotiation negotiation = Open(offersOnDataChannel: true);

        Assert.False(negotiation.OnUnlock(_nowMs));

        negotiation.OnLock(_nowMs);
        Assert.Equal([true], _lockReplies);
    }

    [Fact]
    public void The_wait_for_the_lock_and_its_hold_are_measured()
    {
        SessionNegotiation negotiation = Open(offersOnDataChannel: true);
        negotiation.OnLock(_nowMs);
        Want(negotiation, "voice_alice_aaaaaaaa");
        long couldMs = _nowMs;
        At(couldMs + 700, negotiation);
        negotiation.OnUnlock(_nowMs);
        _nowMs += 250;
        Answer(negotiation);

        Assert.Equal([700], _lockWaits);
        Assert.Equal([250], _lockHolds);
        Assert.Equal(0, _offersUnanswered);
    }

    [Fact]
    public void Nothing_is_offered_before_the_data_channel_is_open()
    {
        var negotiation = new SessionNegotiation(Peer(), offersOnDataChannel: true, this);
        negotiation.OnDescription(new(IsOffer: true, _client.CreateOffer()), SignalingPath.WebSocket, _nowMs);
        Want(negotiation, "voice_alice_aaaaaaaa");
        At(5_000, negotiation);
        Assert.Empty(_maps);

        negotiation.OnChannelOpen(_nowMs);
        At(_nowMs + SessionNegotiation.CoalesceMs, negotiation);
        Assert.Single(_maps);
    }

    void INegotiationOutput.SendDescription(SignalingPath path, SessionDescriptionMessage description)
    {
        _sent.Add((path, description));
        if (!description.IsOffer)
        {
            Assert.Equal(NegotiationResult.Ok, _client.TryApplyAnswer(description.Sdp));
        }
    }

    long INegotiationOutput.SendMediaMap(IReadOnlyList<MediaMapEntry> map)
    {
        _maps.Add(map);
        return _maps.Count;
    }

    void INegotiationOutput.SendLockReply(bool granted) => _lockReplies.Add(granted);

    void INegotiationOutput.OnDescriptionApplied()
    {
        // What is applied is read from the negotiation itself.
    }

    void INegotiationOutput.OnLockTaken(long waitedMs) => _lockWaits.Add(waitedMs);

    void INegotiationOutput.OnLockReleased(long heldMs) => _lockHolds.Add(heldMs);

    void INegotiationOutput.OnOfferUnanswered() => _offersUnanswered++;

    void INegotiationOutput.OnNegotiationFailed() => _failed = true;

    private static OutgoingTrack Track(string id, TrackType type) =>
        new(id, id.Split('_')[1], type, type == TrackType.Screen ? MediaCodec.Vp8 : MediaCodec.Opus);

    private static LocalTransportParameters Transport(string name) => new()
    {
        Credentials = new($"{name}ufrag", "passwordpasswordpassword"),
        Fingerprint = new("sha-256", string.Join(':', Enumerable.Repeat("AB", 32))),
        OriginSessionId = 1,
    };

    /// <summary>A session whose first offer was answered and whose data channel is open.</summary>
    private SessionNegotiation Open(bool offersOnDataChannel)
    {
        var negotiation = new SessionNegotiation(Peer(), offersOnDataChannel, this);
        Assert.True(negotiation.OnDescription(new(IsOffer: true, _client.CreateOffer()), SignalingPath.WebSocket, _nowMs));
        negotiation.OnChannelOpen(_nowMs);
        return negotiation;
    }

    private static PeerNegotiation Peer() => new(Transport("server"), new RandomSsrcSource(1_000, 7));

    /// <summary>A track appears, and time passes until it would be offered.</summary>
    private void Want(SessionNegotiation negotiation, string trackId)
    {
        negotiation.Want(Track(trackId, TrackType.Voice), _nowMs);
        At(_nowMs + SessionNegotiation.CoalesceMs, negotiation);
    }

    private void At(long nowMs, SessionNegotiation negotiation)
    {
        _nowMs = nowMs;
        negotiation.HandleDeadline(nowMs);
    }

    private (SignalingPath Path, SessionDescriptionMessage Description) Offer() => _sent.Last(static sent => sent.Description.IsOffer);

    private int Offers() => _sent.Count(static sent => sent.Description.IsOffer);

    private void Answer(SessionNegotiation negotiation) => Assert.True(
        negotiation.OnDescription(new(IsOffer: false, AnswerTo(Offer().Description.Sdp)), SignalingPath.WebSocket, _nowMs));

    private string AnswerTo(string offer)
    {
        Assert.Equal(NegotiationResult.Ok, _client.TryApplyOffer(offer, out string answer));
        return answer;
    }
}
