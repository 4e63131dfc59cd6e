using BenchmarkDotNet.Attributes;
using Calls.Rtc.Sdp;

namespace Calls.Benchmarks;

/// <summary>What does it cost to offer voices to a joiner, and to take the answer?</summary>
public class NegotiateOffer
{
    private readonly SequentialSsrcs _ssrcs = new();

    /// <summary>Voices in one offer.</summary>
    [Params(1, 50)]
    public int Voices { get; set; }

    [Benchmark]
    public int Negotiate()
    {
        var server = new PeerNegotiation(Transport(isLite: true), _ssrcs, maxSections: PeerNegotiation.MaxSectionsOverDataChannel);
        var client = new ClientNegotiation(Transport(isLite: false), _ssrcs);
        Expect(server.TryApplyOffer(client.CreateOffer(), out string answer));
        Expect(client.TryApplyAnswer(answer));
        for (int i = 0; i < Voices; i++)
        {
            server.Want(OutgoingTrack.Create(TrackType.Voice, MediaCodec.Opus, $"publisher{i}", (ulong)i));
        }

        Expect(client.TryApplyOffer(server.CreateOffer(out _), out string clientAnswer));
        Expect(server.TryApplyAnswer(clientAnswer));
        return clientAnswer.Length;
    }

    private static void Expect(NegotiationResult result)
    {
        if (result != NegotiationResult.Ok)
        {
            throw new InvalidOperationException(result.ToString());
        }
    }

    private static LocalTransportParameters Transport(bool isLite) => new()
    {
        Credentials = new("kPzWmQnXbLrTyVcD", "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEf"),
        Fingerprint = new("sha-256", string.Join(':', Enumerable.Repeat("C3", 32))),
        OriginSessionId = 1_234_567_890_123_456_789,
        OriginVersion = 2,
        IsIceLite = isLite,
        IceOptions = isLite ? null : "trickle",
        Candidates = isLite ? ["candidate:1 1 udp 2130706431 203.0.113.7 8443 typ host"] : [],
    };

    private sealed class SequentialSsrcs : ISsrcSource
    {
        private uint _next = 1_000;

        public uint Next() => _next++;
    }
}
