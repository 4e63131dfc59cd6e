namespace Calls.Rtc.Tests.Sdp;

/// <summary>
/// Drives our side with the client side of every recorded call: what the reference delivered we want too, and our
/// descriptions must have the recorded shape, apart from the deviations of media.md 11.
/// </summary>
public sealed class RecordedNegotiationTests
{
    public static TheoryData<string> AllTranscripts => [.. SdpFixtures.TranscriptNames()];

    [Theory]
    [MemberData(nameof(AllTranscripts))]
    public void Our_side_of_a_recorded_call_has_the_recorded_shape(string transcript)
    {
        foreach (IGrouping<string, RecordedDescription> descriptions in SdpFixtures.ReadTranscript(transcript).GroupBy(one => one.Session))
        {
            var session = new RecordedSession();
            RecordedDescription? crossed = null;
            foreach ((RecordedDescription recorded, RecordedDescription? next) in descriptions.Zip(descriptions.Skip(1).Append(null)))
            {
                if (recorded is { FromClient: true, IsOffer: true } && next is { FromClient: false, IsOffer: true })
                {
                    crossed = recorded;
                    continue;
                }

                session.Replay(recorded);
                if (crossed is not null)
                {
                    session.ReplayCrossed(crossed);
                    crossed = null;
                }
            }

            Assert.True(session.Answered > 0);
        }
    }
}
