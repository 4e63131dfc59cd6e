using Calls.Rtc.Rtcp;
using Calls.Rtc.Sfu.Statistics;

namespace Calls.Rtc.Tests.Sfu.Statistics;

public sealed class LinkQualityTests
{
    [Fact]
    public void Values_fall_below_their_bound_and_the_largest_above_all()
    {
        var distribution = new Distribution([0.1, 0.5]);
        foreach (double value in new[] { 0, 0.1, 0.2, 7 })
        {
            distribution.Observe(value);
        }

        Assert.Equal([2, 1, 1], distribution.ReadCounts());
        Assert.Equal(7.3, distribution.Sum, 6);
    }

    [Fact]
    public void What_clients_report_is_kept_as_the_way_down_and_what_we_report_as_the_way_up()
    {
        var call = new TestCall();
        TestClient alice = call.Join("alice").WithMicrophone();
        TestClient bob = call.Join("bob");
        ushort number = 0;
        call.Run(3_000, () =>
        {
            number += (ushort)(number % 4 == 3 ? 2 : 1); // one in five is lost on the way up
            alice.Send(TestClient.Speech(number));
        });
        byte[] report = new byte[100];
        uint lastReport = (uint)(bob.SenderReports()[^1].Ntp >> 16);
        uint age = call.Clock.ToCompactNtp(call.NowMs) - lastReport;
        int length = ReceiverReport.Write(report, 1, [new(bob.Received[0].Ssrc, 64, 5, 100, 480, lastReport, age - (65_536 / 10))]);
        bob.SendRtcp(report.AsSpan(0, length));

        LinkQuality down = bob.Participant.Counters.Downlink;
        Assert.Equal(0.25, down.Loss.Sum, 3);
        Assert.Equal(0.010, down.Jitter.Sum, 3);
        Assert.Equal(0.100, down.RoundTrip.Sum, 2);

        LinkQuality up = alice.Participant.Counters.Uplink;
        long reports = up.Loss.ReadCounts().Sum();
        Assert.InRange(reports, 3, 4);
        Assert.InRange(up.Loss.Sum / reports, 0.15, 0.25);
    }
}
