using System.Net;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Tests.Transport;

public sealed class PathTableTests
{
    private static readonly TransportAddress Remote = TransportAddress.From(IPEndPoint.Parse("192.0.2.1:5000"));

    private readonly PathTable _table = new();

    [Fact]
    public void A_path_is_found_by_both_of_its_addresses()
    {
        var path = new UdpPath(null, 1, Remote);
        _table.Register(path, "session");

        Assert.True(_table.TryFind(Remote, 1, out PathTable.Entry? entry));
        Assert.Equal((path, "session"), (entry.Path, entry.Session));
        Assert.False(_table.TryFind(Remote, 0, out _));
        Assert.False(_table.TryFind(Remote with { Port = 5001 }, 1, out _));
    }

    [Fact]
    public void An_address_belongs_to_one_session_and_the_displaced_one_is_named()
    {
        var first = new UdpPath(null, 0, Remote);
        var second = new UdpPath(null, 0, Remote);

        Assert.Null(_table.Register(first, "old"));
        Assert.Null(_table.Register(first, "old"));
        Assert.Equal("old", _table.Register(second, "new"));

        // The old session cleans up late and must not cut off the new one.
        Assert.False(_table.Unregister(first));
        Assert.True(_table.TryFind(Remote, 0, out PathTable.Entry? entry));
        Assert.Equal("new", entry.Session);
        Assert.True(_table.Unregister(second));
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void A_source_keeps_its_path_for_its_session_and_gets_a_new_one_for_another()
    {
        var path = new UdpPath(null, 0, Remote);
        var source = new DatagramSource(null!, Remote, 0, path, "session");

        Assert.Same(path, source.PathFor("session"));
        TransportPath other = source.PathFor("other");
        Assert.NotSame(path, other);
        Assert.Equal(path, other);
    }

    [Fact]
    public void Paths_with_the_same_addresses_are_equal()
    {
        Assert.Equal(new UdpPath(null, 1, Remote), new UdpPath(null, 1, Remote));
        Assert.Equal(new UdpPath(null, 1, Remote).GetHashCode(), new UdpPath(null, 1, Remote).GetHashCode());
        Assert.NotEqual(new UdpPath(null, 1, Remote), new UdpPath(null, 0, Remote));
    }

    [Fact]
    public void Keys_of_neighbouring_ports_and_addresses_spread_over_a_table()
    {
        var buckets = new HashSet<int>();
        for (int i = 0; i < 1_000; i++)
        {
            UInt128 address = TransportAddress.MapIPv4(0xC0000200 + ((uint)i / 50));
            buckets.Add(PathKey.From(new(address, (ushort)(50_000 + i)), 0).GetHashCode() & 1023);
        }

        // A random spread of 1000 keys fills 632 of 1024 buckets.
        Assert.True(buckets.Count > 550, $"{buckets.Count} buckets");
    }
}
