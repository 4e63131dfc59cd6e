using System.Net;
using Calls.Rtc;
using Calls.Server.Media;
using Calls.Server.Observability;

namespace Calls.Server.Tests.Observability;

public sealed class HostTuningTests
{
    [Fact]
    public void A_host_that_grants_everything_needs_no_advice()
    {
        var host = new HostTuning(8, 7, 16 << 20, 16 << 20, 16 << 20, 65_536);

        Assert.Empty(host.Advice);
        Assert.Equal("host: 8 cores, 7 media loops, sockets of the media hold 16384 KiB in and 16384 KiB out (asked for 16384), 65536 files and connections may be open", host.Description);
    }

    [Fact]
    public void Each_shortage_has_its_command()
    {
        var host = new HostTuning(2, 2, 212_992, 212_992, 16 << 20, 1_024);

        Assert.Equal(
            [
                "sockets of the media may hold 208 KiB of incoming packets, bursts above it are lost: sysctl -w net.core.rmem_max=16777216",
                "sockets of the media may hold 208 KiB of outgoing packets, bursts above it are lost: sysctl -w net.core.wmem_max=16777216",
                "only 1024 files and connections may be open: ulimit -n 65536, or LimitNOFILE=65536 in the unit of systemd",
            ],
            host.Advice);
    }

    [Fact]
    public async Task It_is_read_from_the_sockets_that_were_opened()
    {
        await using RtcServer server = await RtcServer.StartAsync(
            new() { ListenAddresses = [IPAddress.Loopback], UdpPort = 0, Loops = 2 }, new RtcEventsToMediaEvents(), TimeProvider.System, CancellationToken.None);

        HostTuning host = HostTuning.Of(server);

        Assert.Equal((Environment.ProcessorCount, 16 << 20), (host.Cores, host.WantedBuffer));
        Assert.InRange(host.ReceiveBuffer, 2_048, 16 << 20);
        Assert.InRange(host.SendBuffer, 2_048, 16 << 20);
        Assert.True(host.OpenFiles > 0 || !OperatingSystem.IsLinux());
    }
}
