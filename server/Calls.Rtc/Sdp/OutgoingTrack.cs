namespace Calls.Rtc.Sdp;

/// <summary>A publisher's track that should reach this client.</summary>
/// <param name="TrackId">Second token of the msid: <c>type_publisher_xxxxxxxx</c>. Unique in the session.</param>
/// <param name="StreamId">First token of the msid and cname: the publisher's session id.</param>
/// <param name="Type">What it shows; decides the kind of section.</param>
/// <param name="Codec">A section must have negotiated it to carry the track.</param>
public sealed record OutgoingTrack(string TrackId, string StreamId, TrackType Type, MediaCodec Codec)
{
    // z-base-32
    private const string SuffixAlphabet = "ybndrfg8ejkmcpqxot1uwisza345h769";

    public MediaKind Kind => Type is TrackType.Voice or TrackType.ScreenAudio ? MediaKind.Audio : MediaKind.Video;

    /// <summary>Names a track after its publisher (media.md 3.5).</summary>
    /// <param name="random">At least 40 random bits; the low ones make the suffix of 8 characters.</param>
    public static OutgoingTrack Create(TrackType type, MediaCodec codec, string publisherSessionId, ulong random)
    {
        string suffix = string.Create(8, random, static (span, bits) =>
        {
            foreach (ref char character in span)
            {
                character = SuffixAlphabet[(int)(bits & 31)];
                bits >>= 5;
            }
        });
        return new($"{TrackTypeName.Of(type)}_{publisherSessionId}_{suffix}", publisherSessionId, type, codec);
    }
}
