using System.Net;
using Calls.Rtc.Ice;

namespace Calls.Rtc.Tests.Ice;

public sealed class IceCandidateTests
{
    [Fact]
    public void A_chromium_candidate_is_read()
    {
        IceCandidate candidate = Read("candidate:842163049 1 udp 2122260223 192.0.2.2 37880 typ host generation 0 network-id 1");

        Assert.Equal(("842163049", 1, false, 2122260223u), (candidate.Foundation, candidate.Component, candidate.IsTcp, candidate.Priority));
        Assert.Equal((IPAddress.Parse("192.0.2.2"), 37880), (candidate.Address, candidate.Port));
        Assert.Equal((IceCandidateType.Host, IceTcpType.None), (candidate.Type, candidate.TcpType));
    }

    [Fact]
    public void A_firefox_candidate_in_upper_case_is_read()
    {
        IceCandidate candidate = Read("a=candidate:1 1 TCP 2105524479 192.0.2.2 9 TYP HOST TCPTYPE ACTIVE");

        Assert.True(candidate.IsTcp);
        Assert.Equal(IceTcpType.Active, candidate.TcpType);
    }

    [Fact]
    public void Reflexive_relayed_and_ipv6_candidates_are_read()
    {
        Assert.Equal(
            IceCandidateType.ServerReflexive,
            Read("candidate:2 1 udp 1694498815 198.51.100.1 40000 typ srflx raddr 10.0.0.1 rport 5000").Type);
        Assert.Equal(
            IceCandidateType.Relayed, Read("candidate:3 1 udp 41885439 198.51.100.9 3479 typ relay raddr 0.0.0.0 rport 0").Type);
        Assert.Equal(IceCandidateType.PeerReflexive, Read("candidate:4 1 udp 1 2001:db8::1 1 typ prflx").Type);
        Assert.Equal(IPAddress.Parse("2001:db8::1"), Read("candidate:4 1 udp 1 2001:db8::1 1 typ prflx").Address);
    }

    [Fact]
    public void An_mdns_name_is_accepted_and_has_no_address()
    {
        IceCandidate candidate = Read("candidate:1 1 udp 2113937151 4f8c2ce7-3c0f-4f0b-9a2e-0c5f6d3a1b2c.local 50000 typ host");

        Assert.True(candidate.IsMdns);
        Assert.Null(candidate.Address);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("candidate:")]
    [InlineData("a=candidate:")]
    public void An_empty_candidate_ends_the_list(string line)
    {
        Assert.Equal(IceCandidateParseResult.EndOfCandidates, IceCandidate.TryParse(line, out _));
    }

    [Theory]
    [InlineData("candidate:1 1 udp 1 192.0.2.2 1 typ quantum")]
    [InlineData("candidate:1 1 sctp 1 192.0.2.2 1 typ host")]
    [InlineData("candidate:1 1 tcp 1 192.0.2.2 1 typ host tcptype sideways")]
    public void An_unknown_type_or_transport_is_told_from_a_malformed_line(string line)
    {
        Assert.Equal(IceCandidateParseResult.Unknown, IceCandidate.TryParse(line, out IceCandidate? candidate));
        Assert.Null(candidate);
    }

    [Theory]
    [InlineData("candidate:1 1 udp 1 192.0.2.2 1")]
    [InlineData("candidate:1 1 udp 1 192.0.2.2 1 typ")]
    [InlineData("candidate:1 1 udp 1 192.0.2.2 1 host typ")]
    [InlineData("candidate:1 0 udp 1 192.0.2.2 1 typ host")]
    [InlineData("candidate:1 257 udp 1 192.0.2.2 1 typ host")]
    [InlineData("candidate:1 -1 udp 1 192.0.2.2 1 typ host")]
    [InlineData("candidate:1 1 udp 4294967296 192.0.2.2 1 typ host")]
    [InlineData("candidate:1 1 udp 1 192.0.2.2 65536 typ host")]
    [InlineData("candidate:1 1 udp 1 192.0.2.2 +1 typ host")]
    [InlineData("candidate:1 1 udp 1 192.0.2.2 1 typ host generation")]
    [InlineData("candidate:1 1 udp 1 192.0.2.2 1 typ host tcptype passive")]
    [InlineData("candidate:1 1 tcp 1 192.0.2.2 1 typ host")]
    [InlineData("candidate:a_b 1 udp 1 192.0.2.2 1 typ host")]
    [InlineData("candidate:123456789012345678901234567890123 1 udp 1 192.0.2.2 1 typ host")]
    [InlineData("candidate:1 1 udp 1 <script> 1 typ host")]
    [InlineData("hello")]
    public void A_malformed_line_is_refused(string line)
    {
        Assert.Equal(IceCandidateParseResult.Malformed, IceCandidate.TryParse(line, out IceCandidate? candidate));
        Assert.Null(candidate);
    }

    [Fact]
    public void An_overlong_line_is_refused()
    {
        string line = "candidate:1 1 udp 1 192.0.2.2 1 typ host";
        string padding = string.Concat(Enumerable.Repeat(" a b", (IceCandidate.MaxLineLength / 4) + 1));

        Assert.Equal(IceCandidateParseResult.Malformed, IceCandidate.TryParse(line + padding, out _));
    }

    [Fact]
    public void Our_lines_have_the_form_that_clients_know()
    {
        var udp = new IceCandidate("233762139", 1, false, 2130706431, "203.0.113.7", 8443, IceCandidateType.Host, IceTcpType.None);
        IceCandidate tcp = udp with { IsTcp = true, Priority = 1671430143, TcpType = IceTcpType.Passive };

        Assert.Equal(
            "candidate:233762139 1 udp 2130706431 203.0.113.7 8443 typ host ufrag knIHQNbFTtFVyQkd", udp.Format("knIHQNbFTtFVyQkd"));
        Assert.Equal(
            "candidate:233762139 1 tcp 1671430143 203.0.113.7 8443 typ host tcptype passive ufrag knIHQNbFTtFVyQkd",
            tcp.Format("knIHQNbFTtFVyQkd"));
        Assert.Equal(udp, Read(udp.Format("abcd")));
        Assert.Equal(tcp, Read(tcp.Format("abcd")));
    }

    [Fact]
    public void Priorities_are_those_of_the_rfcs()
    {
        Assert.Equal(2130706431u, IcePriority.Host(isTcp: false, rank: 0));
        Assert.Equal(1671430143u, IcePriority.Host(isTcp: true, rank: 0));
        Assert.Equal(2130706175u, IcePriority.Host(isTcp: false, rank: 1));
        Assert.Equal(((ulong)1 << 32) + 4, IcePriority.Pair(controlling: 1, controlled: 2));
        Assert.Equal(((ulong)1 << 32) + 5, IcePriority.Pair(controlling: 2, controlled: 1));
    }

    [Fact]
    public void Random_and_mutated_lines_never_throw()
    {
        const int Seed = 8839;
        var random = new Random(Seed);
        string[] corpus =
        [
            "candidate:842163049 1 udp 2122260223 192.0.2.2 37880 typ host generation 0 network-id 1",
            "a=candidate:1 1 TCP 2105524479 192.0.2.2 9 typ host tcptype active",
            "candidate:2 1 udp 1694498815 2001:db8::1 40000 typ srflx raddr 10.0.0.1 rport 5000",
        ];
        for (int round = 0; round < 40_000; round++)
        {
            char[] line = corpus[random.Next(corpus.Length)].ToCharArray();
            for (int change = random.Next(6); change > 0; change--)
            {
                line[random.Next(line.Length)] = random.Next(3) == 0 ? ' ' : (char)random.Next(0x180);
            }

            ReadOnlySpan<char> cut = line.AsSpan(0, random.Next(4) == 0 ? random.Next(line.Length) : line.Length);
            try
            {
                if (IceCandidate.TryParse(cut, out IceCandidate? candidate) == IceCandidateParseResult.Ok)
                {
                    _ = candidate!.Address;
                    Assert.Equal(IceCandidateParseResult.Ok, IceCandidate.TryParse(candidate.Format("abcd"), out IceCandidate? again));
                    Assert.Equal(candidate, again);
                }
            }
            catch (Exception exception)
            {
                Assert.Fail($"seed {Seed}, round {round}, <{cut}>: {exception}");
            }
        }
    }

    private static IceCandidate Read(string line)
    {
        Assert.Equal(IceCandidateParseResult.Ok, IceCandidate.TryParse(line, out IceCandidate? candidate));
        return candidate!;
    }
}
