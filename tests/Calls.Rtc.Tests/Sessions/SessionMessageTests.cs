using System.Text;
using Calls.Rtc.Sessions;

namespace Calls.Rtc.Tests.Sessions;

public sealed class SessionMessageTests
{
    private const string Candidate = "candidate:1 1 udp 2130706431 192.0.2.1 8443 typ host";

    [Theory]
    [InlineData("""{"type":"offer","sdp":"v=0"}""", true)]
    [InlineData("""{"sdp":"v=0","type":"answer","extra":{"sdp":1}}""", false)]
    public void A_description_is_read_whatever_the_order_of_its_keys(string json, bool isOffer)
    {
        Assert.True(SessionDescriptionMessage.TryParse(Encoding.UTF8.GetBytes(json), out SessionDescriptionMessage message));

        Assert.Equal(new(isOffer, "v=0"), message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"type":"offer"}""")]
    [InlineData("""{"type":"rollback","sdp":"v=0"}""")]
    [InlineData("""{"type":"offer","sdp":7}""")]
    [InlineData("""{"type":"offer","sdp":"v=0" """)]
    public void What_is_no_description_is_refused(string json) =>
        Assert.False(SessionDescriptionMessage.TryParse(Encoding.UTF8.GetBytes(json), out _));

    [Fact]
    public void A_description_survives_writing_and_reading()
    {
        var description = new SessionDescriptionMessage(IsOffer: false, "v=0\r\na=\"quoted\"\r\n");

        Assert.True(SessionDescriptionMessage.TryParse(description.ToJson(), out SessionDescriptionMessage read));
        Assert.Equal(description, read);
    }

    [Fact]
    public void Our_candidates_are_nested_as_clients_expect() => Assert.Equal(
        $$$"""{"type":"candidate","candidate":{"candidate":"{{{Candidate}}}","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":null}}""",
        Encoding.UTF8.GetString(CandidateMessage.Write(Candidate)));

    [Theory]
    [InlineData($$"""{"candidate":"{{Candidate}}","sdpMid":"0","sdpMLineIndex":0}""", true)]
    [InlineData("""{"candidate":"","sdpMid":"0"}""", true)]
    [InlineData("""{"candidate":"nonsense"}""", false)]
    [InlineData("""{"sdpMid":"0"}""", false)]
    [InlineData("""{"candidate":5}""", false)]
    [InlineData("candidate:1", false)]
    public void A_client_candidate_is_valid_if_its_line_is(string json, bool isValid) =>
        Assert.Equal(isValid, CandidateMessage.IsValid(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void A_stream_id_is_found_under_its_key_only()
    {
        byte[] json = """{"videoStreamID":"camera","screenStreamID":"screen"}"""u8.ToArray();

        Assert.True(StreamIdMessage.TryParse(json, "screenStreamID"u8, out string? streamId));
        Assert.Equal("screen", streamId);
        Assert.False(StreamIdMessage.TryParse(json, "otherStreamID"u8, out _));
        Assert.False(StreamIdMessage.TryParse("""{"screenStreamID":""}"""u8, "screenStreamID"u8, out _));
    }

    [Fact]
    public void Random_and_mutated_bytes_are_refused_without_an_exception()
    {
        const int Seed = 20261125;
        var random = new Random(Seed);
        byte[][] seeds =
        [
            """{"type":"offer","sdp":"v=0\r\n"}"""u8.ToArray(),
            Encoding.UTF8.GetBytes($$"""{"candidate":"{{Candidate}}","sdpMid":"0"}"""),
            """{"screenStreamID":"x"}"""u8.ToArray(),
        ];
        for (int i = 0; i < 30_000; i++)
        {
            byte[] bytes = [.. seeds[random.Next(seeds.Length)]];
            for (int changes = random.Next(4); changes >= 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            Exception? thrown = Record.Exception(() =>
            {
                SessionDescriptionMessage.TryParse(bytes, out _);
                CandidateMessage.IsValid(bytes);
                StreamIdMessage.TryParse(bytes, "screenStreamID"u8, out _);
            });
            Assert.True(thrown is null, $"seed {Seed}, round {i}: {Convert.ToHexString(bytes)} threw {thrown}");
        }
    }
}
