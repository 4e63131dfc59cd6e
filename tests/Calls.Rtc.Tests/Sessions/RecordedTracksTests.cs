using System.Text.Json;
using Calls.Rtc.Ice;
using Calls.Rtc.Sessions;
using Calls.Rtc.Sfu;
using Calls.Rtc.Tests.Rtp;
using Calls.Rtc.Tests.Sdp;
using Calls.Rtc.Tests.Sfu;
using ReceivingSection = Calls.Rtc.Sdp.ReceivingSection;

namespace Calls.Rtc.Tests.Sessions;

/// <summary>The client side of every recorded call, carried through to what the others of the call are given.</summary>
public sealed class RecordedTracksTests
{
    public static TheoryData<string> AllTranscripts => [.. SdpFixtures.TranscriptNames()];

    [Theory]
    [MemberData(nameof(AllTranscripts))]
    public void The_same_tracks_come_out_as_in_the_recorded_call(string transcript)
    {
        string[] lines = [.. SdpFixtures.ReadLines(transcript)];
        var call = new TestCall();
        var published = new SortedSet<string>();
        foreach (IGrouping<string, RecordedDescription> descriptions in SdpFixtures.ReadTranscript(transcript).GroupBy(static one => one.Session))
        {
            var session = new RecordedSession();
            TestClient client = call.Join(descriptions.Key);
            int line = 0;
            foreach ((RecordedDescription recorded, RecordedDescription? next) in descriptions.Zip(descriptions.Skip(1).Append(null)))
            {
                if (recorded is { FromClient: true, IsOffer: true } && next is { FromClient: false, IsOffer: true })
                {
                    continue; // crossed by an offer of the server, and never answered
                }

                Signal(client, lines[line..recorded.Line], descriptions.Key, published);
                line = recorded.Line;
                session.Replay(recorded);
                if (recorded.FromClient)
                {
                    client.Participant.SetReceiving(SessionForwarders.ToInbound(session.Receiving));
                    Send(client, session.Receiving, published);
                }
            }

            Signal(client, lines[line..], descriptions.Key, published);
        }

        SortedSet<string> seen = RecordedTypes(lines);
        if (transcript == "chromium-glare-nolock.jsonl")
        {
            seen.Add("screen"); // the last thing in it is a screen, and the recording ends before the others are told
        }

        Assert.Equal(seen, published);
    }

    [Fact]
    public void Every_recorded_candidate_is_taken()
    {
        int count = 0;
        foreach (JsonElement entry in SdpFixtures.TranscriptNames().SelectMany(SdpFixtures.ReadLines).Select(static line => JsonDocument.Parse(line).RootElement))
        {
            if (entry.GetProperty("type").GetString() != "candidate")
            {
                continue;
            }

            JsonElement payload = entry.GetProperty("payload");
            if (entry.GetProperty("dir").GetString() == "c2s")
            {
                Assert.True(CandidateMessage.IsValid(JsonSerializer.SerializeToUtf8Bytes(payload)), payload.ToString());
            }
            else
            {
                string candidate = payload.GetProperty("candidate").GetProperty("candidate").GetString()!;
                Assert.Equal(IceCandidateParseResult.Ok, IceCandidate.TryParse(candidate, out _));
            }

            count++;
        }

        Assert.True(count > 300, $"{count} candidates");
    }

    // What was signaled of streams, and the media that goes on meanwhile.
    private static void Signal(TestClient client, string[] lines, string session, SortedSet<string> published)
    {
        foreach (JsonElement entry in lines.Select(static line => JsonDocument.Parse(line).RootElement))
        {
            if (entry.GetProperty("session").GetString() != session)
            {
                continue;
            }

            switch (entry.GetProperty("type").GetString())
            {
                case "screen_on":
                    client.Participant.SetScreenStream(entry.GetProperty("payload").GetProperty("screenStreamID").GetString());
                    break;
                case "screen_off":
                    client.Participant.SetScreenStream(null);
                    break;
                case "video_on":
                    client.Participant.SetVideoStream(entry.GetProperty("payload").GetProperty("videoStreamID").GetString());
                    break;
                default:
                    continue;
            }

            client.Tick();
            Note(client, published);
        }
    }

    private static void Send(TestClient client, IReadOnlyList<ReceivingSection> sections, SortedSet<string> published)
    {
        foreach (ReceivingSection section in sections)
        {
            byte payloadType = section.Codecs[0].PayloadType;
            foreach (uint ssrc in section.Ssrcs)
            {
                Send(client, new RtpPacketBuilder { Ssrc = ssrc, PayloadType = payloadType, Payload = [0x10, 0, 0] });
            }

            foreach ((int layer, string rid) in section.Rids.Index().Select(static stream => (stream.Index, stream.Item.Rid)))
            {
                (byte, byte[])[] names =
                [
                    (section.Extensions.Mid, System.Text.Encoding.ASCII.GetBytes(section.Mid)),
                    (section.Extensions.RtpStreamId, System.Text.Encoding.ASCII.GetBytes(rid)),
                ];
                Send(client, new RtpPacketBuilder { Ssrc = (uint)(0x700 + layer), PayloadType = payloadType, Extensions = names, Payload = [0x10, 0, 0] });
            }
        }

        Note(client, published);
    }

    private static void Send(TestClient client, RtpPacketBuilder packet)
    {
        for (ushort sequence = 0; sequence < 3; sequence++)
        {
            client.Send(packet with { SequenceNumber = sequence });
        }
    }

    private static void Note(TestClient client, SortedSet<string> published)
    {
        foreach (PublishedTrack track in client.Participant.Tracks)
        {
            published.Add(track.Type.WireName());
        }
    }

    private static SortedSet<string> RecordedTypes(string[] lines)
    {
        var types = new SortedSet<string>();
        foreach (JsonElement entry in lines.Select(static line => JsonDocument.Parse(line).RootElement))
        {
            if (entry.GetProperty("type").GetString() == "mediamap")
            {
                types.UnionWith(entry.GetProperty("payload").GetProperty("json").EnumerateObject().Select(static section => section.Value.GetProperty("type").GetString()!));
            }
        }

        return types;
    }
}
