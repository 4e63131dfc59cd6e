using Calls.Rtc.Client;
using Calls.Rtc.Dtls;

namespace Calls.Rtc.PeerTests;

/// <summary>Who is at the other end of the handshake (media.md 9.5).</summary>
public sealed class CertificateTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_client_with_another_certificate_than_it_announced_is_closed_before_any_media(bool dtlsActive)
    {
        using var call = new PeerCall(dtlsActive: dtlsActive);
        using var certificate = DtlsCertificate.Create(DateTimeOffset.UnixEpoch);
        string announced = certificate.Fingerprint.ToString();
        call.SignalFilter = (_, toServer, json) => toServer ? Replace(json, announced) : json;
        ClientPeer mallory = call.Join("mallory");

        call.Until(() => call.Server(mallory).Closed.Count > 0, "the session is closed");

        Assert.Equal([RtcCloseReason.DtlsFailed], call.Server(mallory).Closed);
        Assert.Null(call.Server(mallory).Participant.Outbound);
        Assert.NotEqual(RtcClientState.Open, mallory.Rtc.State);
    }

    [Theory]
    [InlineData(new ushort[] { 7, 1 }, 7, false)]
    [InlineData(new ushort[] { 1, 7 }, 7, false)]
    [InlineData(new ushort[] { 1 }, 1, false)]
    [InlineData(new ushort[] { 1 }, 1, true)]
    [Trait("Spec", "media-27")]
    public void The_best_SRTP_profile_that_the_client_lists_protects_the_media(ushort[] listed, ushort expected, bool dtlsActive)
    {
        using var call = new PeerCall(dtlsActive: dtlsActive);
        using var certificate = DtlsCertificate.Create(DateTimeOffset.UnixEpoch);
        using var dtls = new DtlsContext(certificate, listed);
        ClientPeer bob = call.JoinAndConnect("bob");
        ClientPeer alice = call.Create("alice", dtls: dtls);
        alice.Rtc.Start(call.NowMs);
        call.Until(() => alice.Rtc.State == RtcClientState.Open, "Alice is connected");

        alice.Unmute();
        bob.Unmute();
        call.Until(() => bob.HeardFrom(alice) > 0 && alice.HeardFrom(bob) > 0, "both hear each other");

        Assert.Equal(expected, alice.Rtc.SrtpProfile);
    }

    [Fact]
    public void A_server_with_another_certificate_than_it_announced_is_left_by_the_client()
    {
        using var call = new PeerCall();
        using var certificate = DtlsCertificate.Create(DateTimeOffset.UnixEpoch);
        string announced = certificate.Fingerprint.ToString();
        call.SignalFilter = (_, toServer, json) => toServer ? json : Replace(json, announced);
        ClientPeer alice = call.Join("alice");

        call.Until(() => alice.Rtc.State == RtcClientState.Closed, "the client gives up");

        Assert.Equal(RtcClientEnd.DtlsFailed, alice.Rtc.End);
        Assert.Equal(DtlsFailure.FingerprintMismatch, alice.Rtc.DtlsFailure);
    }

    [Theory]
    [InlineData(false, (ushort)7)]
    [InlineData(true, (ushort)1)]
    public void The_DTLS_server_chooses_how_media_is_protected(bool dtlsActive, ushort profile)
    {
        // This client prefers the older profile, as Chromium does.
        using var call = new PeerCall(dtlsActive: dtlsActive);
        using var certificate = DtlsCertificate.Create(DateTimeOffset.UnixEpoch);
        using var dtls = new DtlsContext(certificate, [1, 7]);
        ClientPeer alice = call.Create("alice", dtls: dtls);
        alice.Rtc.Start(call.NowMs);
        ClientPeer bob = call.JoinAndConnect("bob");
        call.Until(() => alice.Rtc.State == RtcClientState.Open, "connected");
        alice.Unmute();
        bob.Unmute();
        call.Until(() => alice.HeardFrom(bob) > 0 && bob.HeardFrom(alice) > 0, "both hear each other");

        Assert.Equal(profile, alice.Rtc.SrtpProfile);
        Assert.Equal(7, bob.Rtc.SrtpProfile);
    }

    [Fact]
    public void A_client_that_lists_only_the_older_profile_gets_it()
    {
        using var call = new PeerCall();
        using var certificate = DtlsCertificate.Create(DateTimeOffset.UnixEpoch);
        using var dtls = new DtlsContext(certificate, [1]);
        ClientPeer alice = call.Create("alice", dtls: dtls);
        alice.Rtc.Start(call.NowMs);

        call.Until(() => alice.Rtc.State == RtcClientState.Open, "connected");

        Assert.Equal(1, alice.Rtc.SrtpProfile);
    }

    [Fact]
    [Trait("Spec", "media-31")]
    public void Another_role_in_a_later_answer_changes_nothing()
    {
        using var call = new PeerCall(dtlsActive: true);
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        bool isAnswer = false;

        // As Firefox does in sections that are new to the bundle (media.md 2.1).
        call.SignalFilter = (session, toServer, json) =>
        {
            bool turns = toServer && session == "bob" && json.Contains("a=setup:passive", StringComparison.Ordinal);
            isAnswer |= turns;
            return turns ? json.Replace("a=setup:passive", "a=setup:active", StringComparison.Ordinal) : json;
        };
        alice.Unmute();
        call.Until(() => bob.HeardFrom(alice) > 0, "Bob hears Alice");
        bob.Unmute();
        call.Until(() => alice.HeardFrom(bob) > 0, "Alice hears Bob");

        Assert.True(isAnswer);
        Assert.Equal(Sdp.DtlsSetup.Active, call.Server(bob).Control.Peer.LocalSetup);
        Assert.Empty(call.Server(bob).Closed);
    }

    private static string Replace(string json, string fingerprint)
    {
        int start = json.IndexOf("sha-256 ", StringComparison.Ordinal);
        return start < 0 ? json : json.Replace(json.Substring(start, fingerprint.Length), fingerprint, StringComparison.Ordinal);
    }
}
