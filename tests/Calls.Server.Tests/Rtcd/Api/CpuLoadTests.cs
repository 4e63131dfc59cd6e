using System.Net;
using System.Text.Json;
using Calls.Server.Rtcd.Api;
using Calls.Server.Tests.Rtcd.Testing;

namespace Calls.Server.Tests.Rtcd.Api;

public sealed class CpuLoadTests
{
    private readonly ManualTime _time = new();
    private long _idleTicks;

    [Theory]
    [InlineData(4, 0.25)]
    [InlineData(0.5, 2)]
    [Trait("Spec", "rtcd-34")]
    public void It_is_the_inverse_of_the_idle_cores(double idleCores, double expected)
    {
        using CpuLoad load = Start();
        Assert.Equal(0, load.Value);

        Run(idleCores);
        Assert.Equal(0, load.Value); // one sample tells nothing

        Run(idleCores);
        Run(idleCores);
        Assert.InRange(load.Value, expected, expected * 1.2);
    }

    [Fact]
    [Trait("Spec", "rtcd-34")]
    public void A_saturated_host_is_a_large_number_that_JSON_can_write()
    {
        using CpuLoad load = Start();
        Run(0);
        Run(0);

        Assert.InRange(load.Value, 100, double.MaxValue);
        Assert.Equal("1000000", JsonSerializer.Serialize(load.Value));
    }

    [Fact]
    public void What_cannot_be_read_changes_nothing()
    {
        using var load = new CpuLoad(_time, static () => "no statistics");
        load.Start();
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(0, load.Value);
    }

    [Fact]
    public async Task The_API_shows_it()
    {
        await using RtcdSite site = await RtcdSite.StartAsync();

        (HttpStatusCode status, string text) = await site.GetAsync("/system");
        Assert.Equal((HttpStatusCode.OK, "{\"cpu_load\":0}\n"), (status, text));
    }

    private CpuLoad Start()
    {
        var load = new CpuLoad(_time, () => $"cpu  100 0 50 {_idleTicks} 7 0 3 0 0 0\ncpu0 1 1 1 1\n");
        load.Start();
        return load;
    }

    private void Run(double idleCores)
    {
        _idleTicks += (long)(idleCores * 100);
        _time.Advance(TimeSpan.FromSeconds(1));
    }
}
