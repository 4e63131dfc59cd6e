using Calls.Rtc.Sdp;

namespace Calls.Rtc.Tests.Sdp;

/// <summary>One SFU session and its client, joined without a network.</summary>
internal sealed class NegotiationPair
{
    public NegotiationPair(ClientProfile? profile = null, LocalTransportParameters? sfu = null, SupportedCodecs? codecs = null)
    {
        Sfu = new(sfu ?? SfuTransport(), new CountingSsrcSource(1_000), codecs, PeerNegotiation.MaxSectionsOverDataChannel);
        Client = new(ClientTransport(), new CountingSsrcSource(900_000), profile);
    }

    public PeerNegotiation Sfu { get; }

    public ClientNegotiation Client { get; }

    /// <summary>Everything the SFU wrote, in order.</summary>
    public List<SessionDescription> FromSfu { get; } = [];

    public static LocalTransportParameters SfuTransport() => new()
    {
        Credentials = new("kPzWmQnXbLrTyVcD", "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEf"),
        Fingerprint = new("sha-256", string.Join(':', Enumerable.Repeat("C3", 32))),
        OriginSessionId = 1_234_567_890_123_456_789,
        OriginVersion = 1_800_000_000,
        Candidates =
        [
            "candidate:1 1 udp 2130706431 203.0.113.7 8443 typ host",
            "candidate:2 1 tcp 1671430143 203.0.113.7 8443 typ host tcptype passive",
        ],
    };

    public static LocalTransportParameters ClientTransport() => new()
    {
        Credentials = new("Qx7k", "h3o0Zq1Jb8mYwV5tR2nC9sKd"),
        Fingerprint = new("sha-256", string.Join(':', Enumerable.Repeat("0A", 32))),
        OriginSessionId = 4_611_686_018_427_387_904,
        OriginVersion = 2,
        IsIceLite = false,
        IceOptions = "trickle",
    };

    public static SessionDescription Parse(string sdp)
    {
        Assert.True(SessionDescription.TryParse(sdp, out SessionDescription? description, out SdpError error), error.ToString());
        return description;
    }

    public static OutgoingTrack Voice(string publisher, ulong random = 0) =>
        OutgoingTrack.Create(TrackType.Voice, MediaCodec.Opus, publisher, random);

    public static OutgoingTrack Screen(string publisher, ulong random = 0) =>
        OutgoingTrack.Create(TrackType.Screen, MediaCodec.Vp8, publisher, random);

    /// <summary>The client offers, the SFU answers.</summary>
    public SessionDescription ClientOffers()
    {
        Assert.Equal(NegotiationResult.Ok, Sfu.TryApplyOffer(Client.CreateOffer(), out string answer));
        Assert.Equal(NegotiationResult.Ok, Client.TryApplyAnswer(answer));
        return Keep(answer);
    }

    /// <summary>The SFU offers, the client answers.</summary>
    public SessionDescription SfuOffers()
    {
        Assert.Equal(NegotiationResult.Ok, Client.TryApplyOffer(SfuOffer(out SessionDescription offer), out string answer));
        Assert.Equal(NegotiationResult.Ok, Sfu.TryApplyAnswer(answer));
        return offer;
    }

    /// <summary>The SFU offers; nothing reaches the client yet.</summary>
    public string SfuOffer(out SessionDescription description)
    {
        string offer = Sfu.CreateOffer(out _);
        description = Keep(offer);
        return offer;
    }

    private SessionDescription Keep(string sdp)
    {
        FromSfu.Add(Parse(sdp));
        return FromSfu[^1];
    }
}
