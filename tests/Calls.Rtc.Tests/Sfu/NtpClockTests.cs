using Calls.Rtc.Sfu;

namespace Calls.Rtc.Tests.Sfu;

public sealed class NtpClockTests
{
    [Fact]
    public void Milliseconds_become_seconds_since_1900_and_a_fraction()
    {
        var clock = new NtpClock(DateTimeOffset.UnixEpoch, nowMs: 5000);

        Assert.Equal(2_208_988_800ul << 32, clock.ToNtp(5000));
        Assert.Equal((2_208_988_801ul << 32) | 0x8000_0000, clock.ToNtp(6500));
        Assert.Equal(unchecked((uint)((2_208_988_801ul << 16) | 0x8000)), clock.ToCompactNtp(6500));
    }
}
