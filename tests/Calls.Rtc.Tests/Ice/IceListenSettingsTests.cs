using System.Net;
using Calls.Rtc.Ice;

namespace Calls.Rtc.Tests.Ice;

public sealed class IceListenSettingsTests
{
    [Theory]
    [Trait("Spec", "media-1")]
    [InlineData(79, "invalid ICEPortUDP value: 79 is not in allowed range [80, 49151]")]
    [InlineData(80, null)]
    [InlineData(8443, null)]
    [InlineData(49151, null)]
    [InlineData(49152, "invalid ICEPortUDP value: 49152 is not in allowed range [80, 49151]")]
    public void A_port_outside_of_the_allowed_range_is_refused_by_name(int port, string? error)
    {
        Assert.Equal(error, IceListenSettings.ErrorOfPort("ICEPortUDP", port));
    }

    [Fact]
    [Trait("Spec", "media-2")]
    public void An_entry_that_is_no_address_is_named()
    {
        Assert.False(IceListenSettings.TryParseAddresses("ICEAddressUDP", "1.2.3.4, foo", out _, out string? error));
        Assert.Equal("invalid ICEAddressUDP value: invalid ICEAddress value: foo is not a valid IP address", error);
        Assert.False(IceListenSettings.TryParseAddresses("ICEAddressTCP", "1.2.3.4,", out _, out error));
        Assert.Equal("invalid ICEAddressTCP value: invalid ICEAddress value:  is not a valid IP address", error);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("  ", 0)]
    [InlineData("1.2.3.4", 1)]
    [InlineData(" 1.2.3.4 , 2001:db8::1 ", 2)]
    public void A_list_of_addresses_is_read(string text, int count)
    {
        Assert.True(IceListenSettings.TryParseAddresses("ICEAddressUDP", text, out IReadOnlyList<IPAddress> addresses, out _));
        Assert.Equal(count, addresses.Count);
    }
}
