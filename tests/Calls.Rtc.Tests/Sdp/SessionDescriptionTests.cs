using System.Text;
using System.Text.Json;
using Calls.Rtc.Sdp;

namespace Calls.Rtc.Tests.Sdp;

public sealed class SessionDescriptionTests
{
    private const string Head = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";
    private const string Audio = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\n";

    public static TheoryData<string> AllFixtures => [.. SdpFixtures.Names()];

    [Theory]
    [MemberData(nameof(AllFixtures))]
    public void A_recorded_description_survives_writing_and_parsing(string name)
    {
        SessionDescription parsed = NegotiationPair.Parse(SdpFixtures.Read(name));
        string written = parsed.Write();
        SessionDescription again = NegotiationPair.Parse(written);

        Assert.Equal(written, again.Write());
        Assert.Equal(Summaries(parsed), Summaries(again));
        Assert.DoesNotContain('\n', written.Replace("\r\n", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Sections_match_the_index_of_the_recording()
    {
        int count = 0;
        foreach (JsonElement entry in SdpFixtures.ReadIndex())
        {
            SessionDescription parsed = NegotiationPair.Parse(SdpFixtures.Read(entry.GetProperty("file").GetString()!));
            JsonElement[] expected = [.. entry.GetProperty("sections").EnumerateArray()];
            Assert.Equal(expected.Length, parsed.Sections.Count);
            foreach ((JsonElement section, MediaSection actual) in expected.Zip(parsed.Sections))
            {
                Assert.Equal(section.GetProperty("mid").GetString(), actual.Mid);
                Assert.Equal(section.GetProperty("kind").GetString(), actual.MediaType);
                Assert.Equal(section.GetProperty("port").GetInt32(), actual.Port);
                Assert.Equal(section.GetProperty("direction").GetString() ?? "sendrecv", actual.Direction.ToString());
                Assert.Equal(section.GetProperty("setup").GetString(), actual.Setup.ToString()!.ToLowerInvariant());
                Assert.Equal(
                    section.GetProperty("msid").EnumerateArray().Select(msid => msid.GetString()),
                    actual.StreamIds.Select(id => $"{id.StreamId} {id.TrackId}"));
                Assert.Equal(section.GetProperty("ssrcs").GetInt32(), actual.Ssrcs.Count);
                Assert.Equal(section.GetProperty("simulcast").GetBoolean(), actual.SimulcastSend.Count + actual.SimulcastReceive.Count > 0);
                Assert.Equal(
                    section.GetProperty("codecs").EnumerateArray().Select(codec => codec.GetString()).Order(),
                    actual.Codecs.Select(codec => codec.Name).Where(codec => codec is not ("red" or "rtx" or "ulpfec" or "flexfec-03")).Distinct().Order());
                Assert.NotNull(actual.Credentials);
                Assert.NotEmpty(actual.Fingerprints);
            }

            count++;
        }

        Assert.Equal(166, count);
    }

    [Fact]
    [Trait("Spec", "media-36")]
    public void Session_level_values_reach_the_sections_but_not_over_their_own_direction()
    {
        SessionDescription firefox = NegotiationPair.Parse(
            SdpFixtures.Read("firefox-client-offer-dc_audio.ro_video.ro-av1first_audio.ro-port0_video.sr-port0.sdp"));

        Assert.All(firefox.Sections, section => Assert.StartsWith("E0:31:C0:56", Assert.Single(section.Fingerprints).Value));
        Assert.All(firefox.Sections, section => Assert.Equal("trickle", section.IceOptions));
        Assert.Equal(
            [MediaDirection.SendRecv, MediaDirection.RecvOnly, MediaDirection.RecvOnly, MediaDirection.RecvOnly, MediaDirection.SendRecv],
            firefox.Sections.Select(section => section.Direction));
        Assert.All(firefox.Sections, section => Assert.False(section.IsRejected));
    }

    [Fact]
    public void A_section_without_direction_takes_that_of_the_session()
    {
        SessionDescription description = NegotiationPair.Parse($"{Head}a=recvonly\r\n{Audio}m=audio 9 X 0\r\na=mid:2\r\na=sendonly\r\n");

        Assert.Equal(MediaDirection.RecvOnly, description.Sections[0].Direction);
        Assert.Equal(MediaDirection.SendOnly, description.Sections[1].Direction);
    }

    [Fact]
    public void Wildcard_feedback_is_that_of_every_payload_type()
    {
        SessionDescription description = NegotiationPair.Parse(
            $"{Head}m=video 9 UDP/TLS/RTP/SAVPF 96 45\na=mid:1\na=rtcp-fb:* nack\na=rtcp-fb:96 nack pli\na=rtpmap:96 VP8/90000\na=rtpmap:45 AV1/90000\n");

        Assert.Equal(["nack pli", "nack"], description.Sections[0].Codecs[0].Feedback);
        Assert.Equal(["nack"], description.Sections[0].Codecs[1].Feedback);
    }

    [Fact]
    public void The_password_is_not_in_the_text_of_credentials() =>
        Assert.DoesNotContain("secret", new IceCredentials("user", "secretsecretsecretsecret").ToString());

    [Theory]
    [InlineData("", SdpError.NotSdp)]
    [InlineData("v=0\r\n", SdpError.NotSdp)]
    [InlineData("hello\r\n", SdpError.NotSdp)]
    [InlineData("v=0\r\no=- x 1 IN IP4 0.0.0.0\r\n", SdpError.NotSdp)]
    [InlineData(Head + "x\r\n", SdpError.MalformedLine)]
    [InlineData(Head + "a=tool:a\rb\r\n", SdpError.MalformedLine)]
    [InlineData(Head + "m=audio 70000 X 1\r\na=mid:1\r\n", SdpError.MalformedMedia)]
    [InlineData(Head + "m=audio 9 X\r\na=mid:1\r\n", SdpError.MalformedMedia)]
    [InlineData(Head + "m=audio 9 X 128\r\na=mid:1\r\n", SdpError.MalformedMedia)]
    [InlineData(Head + "m=audio 9 X 1\r\n", SdpError.MissingMid)]
    [InlineData(Head + Audio + Audio, SdpError.DuplicateMid)]
    [InlineData(Head + Audio + "a=mid:a b\r\n", SdpError.MalformedAttribute)]
    [InlineData(Head + Audio + "a=rtpmap:111 opus\r\n", SdpError.MalformedAttribute)]
    [InlineData(Head + Audio + "a=rtpmap:300 opus/48000\r\n", SdpError.MalformedAttribute)]
    [InlineData(Head + Audio + "a=extmap:0 urn:x\r\n", SdpError.MalformedAttribute)]
    [InlineData(Head + Audio + "a=extmap:1/up urn:x\r\n", SdpError.MalformedAttribute)]
    [InlineData(Head + Audio + "a=ssrc:4294967296 cname:x\r\n", SdpError.MalformedAttribute)]
    [InlineData(Head + Audio + "a=ssrc-group:FID\r\n", SdpError.MalformedAttribute)]
    [InlineData(Head + Audio + "a=ice-ufrag:abc\r\n", SdpError.MalformedAttribute)]
    [InlineData(Head + Audio + "a=ice-pwd:short\r\n", SdpError.MalformedAttribute)]
    [InlineData(Head + Audio + "a=fingerprint:sha-256 0A:B\r\n", SdpError.MalformedAttribute)]
    [InlineData(Head + Audio + "a=setup:client\r\n", SdpError.MalformedAttribute)]
    [InlineData(Head + Audio + "a=rid:l both\r\n", SdpError.MalformedAttribute)]
    [InlineData(Head + Audio + "a=simulcast:send\r\n", SdpError.MalformedAttribute)]
    [InlineData(Head + Audio + "a=sctp-port:70000\r\n", SdpError.MalformedAttribute)]
    public void A_malformed_description_is_refused_with_its_reason(string text, SdpError expected)
    {
        Assert.False(SessionDescription.TryParse(text, out SessionDescription? description, out SdpError error));
        Assert.Null(description);
        Assert.Equal(expected, error);
    }

    [Fact]
    public void Every_cap_of_the_parser_refuses_one_more()
    {
        AssertCap(SdpLimits.MaxSections, SdpError.TooManySections, "", i => $"m=audio 9 X 1\r\na=mid:{i}\r\n");
        AssertCap(SdpLimits.MaxAttributesPerSection - 1, SdpError.TooManyAttributes, Audio, _ => "a=x\r\n");
        AssertCap(SdpLimits.MaxAttributesPerSection, SdpError.TooManyAttributes, "", _ => "a=x\r\n");
        AssertCap(SdpLimits.MaxFeedbackPerCodec, SdpError.TooManyAttributes, Audio, i => $"a=rtcp-fb:111 x{i}\r\n");
        AssertCap(SdpLimits.MaxFeedbackPerCodec, SdpError.TooManyAttributes, Audio, i => $"a=rtcp-fb:* x{i}\r\n");
        AssertCap(SdpLimits.MaxExtensionsPerSection, SdpError.TooManyAttributes, Audio, i => $"a=extmap:{i + 1} urn:{i}\r\n");
        AssertCap(SdpLimits.MaxSsrcsPerSection, SdpError.TooManyAttributes, Audio, i => $"a=ssrc:{i} cname:x\r\n");
        AssertCap(SdpLimits.MaxSsrcGroupsPerSection, SdpError.TooManyAttributes, Audio, i => $"a=ssrc-group:FID {i} {i + 1}\r\n");
        AssertCap(SdpLimits.MaxStreamIdsPerSection, SdpError.TooManyAttributes, Audio, i => $"a=msid:{i} t\r\n");
        AssertCap(SdpLimits.MaxRidsPerSection, SdpError.TooManyAttributes, Audio, i => $"a=rid:{i} send\r\n");
        AssertCap(SdpLimits.MaxCandidatesPerSection, SdpError.TooManyAttributes, Audio, i => $"a=candidate:{i}\r\n");
        AssertCap(SdpLimits.MaxFingerprints, SdpError.TooManyAttributes, Audio, _ => "a=fingerprint:sha-1 AA:BB\r\n");
        AssertCap(SdpLimits.MaxFingerprints, SdpError.TooManyAttributes, "", _ => "a=fingerprint:sha-1 AA:BB\r\n");
        AssertCap(SdpLimits.MaxLineLength - 4, SdpError.LineTooLong, Audio + "a=x:", _ => "y");
        AssertCap(SdpLimits.MaxLength - Head.Length - Audio.Length, SdpError.TooLong, Audio, _ => "\n");
    }

    private static void AssertCap(int limit, SdpError expected, string prefix, Func<int, string> one)
    {
        var text = new StringBuilder(Head + prefix);
        for (int i = 0; i < limit; i++)
        {
            text.Append(one(i));
        }

        Assert.True(SessionDescription.TryParse(text.ToString(), out _, out SdpError error), $"{one(0)} x {limit}: {error}");
        text.Append(one(limit));
        Assert.False(SessionDescription.TryParse(text.ToString(), out _, out error));
        Assert.Equal(expected, error);
    }

    private static IEnumerable<string> Summaries(SessionDescription description) => description.Sections.Select(section =>
        $"{section.Mid} {section.Kind} {section.Port} {section.Direction} {section.Setup} {section.Credentials} "
        + $"{string.Join(',', section.Fingerprints)} {string.Join(',', section.Codecs.Select(codec => codec.PayloadType))} "
        + $"{section.Extensions.Count} {section.Ssrcs.Count} {section.Candidates.Count} {section.SctpPort} {section.MaxMessageSize}");
}
