using System.Net;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Tests.Transport;

public sealed class SendGroupsTests
{
    private static readonly UdpPath Alice = Path(1);
    private static readonly UdpPath Bob = Path(2);

    private readonly SendGroups _groups = new();

    [Fact]
    public void Equal_packets_for_one_peer_join_across_those_of_others()
    {
        Add((Alice, 1_200), (Bob, 1_200), (Alice, 1_200), (Bob, 1_200), (Alice, 1_200));

        Assert.Equal(["0 2 4", "1 3"], Show());
        Assert.Equal((5, 1_200, 3_600), (_groups.Packets, _groups[0].SegmentSize, _groups[0].Bytes));
    }

    [Fact]
    public void A_shorter_packet_is_the_last_of_its_group_and_a_longer_one_begins_another()
    {
        Add((Alice, 1_200), (Alice, 700), (Alice, 700), (Alice, 1_200), (Alice, 1_200), (Alice, 1_201));

        Assert.Equal(["0 1", "2", "3 4", "5"], Show());
    }

    [Fact]
    public void The_kernels_limits_end_a_group()
    {
        for (int i = 0; i < 150; i++)
        {
            _groups.Add(100, Alice, mayJoin: true);
        }

        for (int i = 0; i < 60; i++)
        {
            _groups.Add(1_500, Bob, mayJoin: true);
        }

        Assert.Equal([64, 64, 22, 43, 17], Enumerable.Range(0, _groups.Count).Select(group => _groups[group].Count));
        Assert.All(Enumerable.Range(0, _groups.Count), group => Assert.InRange(_groups[group].Bytes, 1, 65_000));
    }

    [Fact]
    public void Without_joining_each_packet_is_a_group_and_empty_ones_always_are()
    {
        _groups.Add(100, Alice, mayJoin: false);
        _groups.Add(100, Alice, mayJoin: false);
        _groups.Add(0, Alice, mayJoin: true);
        _groups.Add(0, Alice, mayJoin: true);

        Assert.Equal(["0", "1", "2", "3"], Show());
    }

    [Fact]
    public void Any_order_of_packets_comes_out_with_each_peers_own_order_kept()
    {
        const int Seed = 8_9;
        var random = new Random(Seed);
        UdpPath[] paths = [.. Enumerable.Range(0, 40).Select(i => Path(1_000 + i))];
        for (int round = 0; round < 2_000; round++)
        {
            int count = random.Next(1, DatagramSockets.SendBatch + 1);
            var added = new List<(UdpPath Path, int Length)>();
            for (int i = 0; i < count; i++)
            {
                added.Add((paths[random.Next(paths.Length)], random.Next(3) == 0 ? random.Next(1, 1_200) : 1_200));
            }

            Add([.. added]);
            var left = new List<int>();
            for (int group = 0; group < _groups.Count; group++)
            {
                int packet = _groups[group].First;
                for (int i = 0; i < _groups[group].Count; i++)
                {
                    bool isLast = i == _groups[group].Count - 1;
                    Assert.True(_groups.LengthOf(packet) == _groups[group].SegmentSize || (isLast && _groups.LengthOf(packet) < _groups[group].SegmentSize), $"seed {Seed}, round {round}");
                    left.Add(packet);
                    packet = isLast ? packet : _groups.NextOf(packet);
                }
            }

            Assert.Equal(Enumerable.Range(0, count), left.Order());
            foreach (UdpPath path in paths)
            {
                int[] own = [.. left.Where(packet => ReferenceEquals(added[packet].Path, path))];
                Assert.True(own.SequenceEqual(own.Order()), $"seed {Seed}, round {round}");
            }

            _groups.Clear();
            Assert.Equal((0, 0), (_groups.Count, _groups.Packets));
        }
    }

    private static UdpPath Path(int port) => new(loop: null, localIndex: 0, TransportAddress.From(new(IPAddress.Loopback, port)));

    private void Add(params (UdpPath Path, int Length)[] packets)
    {
        foreach ((UdpPath path, int length) in packets)
        {
            _groups.Add(length, path, mayJoin: true);
        }
    }

    private string[] Show() =>
    [
        .. Enumerable.Range(0, _groups.Count).Select(group =>
        {
            var packets = new List<int> { _groups[group].First };
            while (packets.Count < _groups[group].Count)
            {
                packets.Add(_groups.NextOf(packets[^1]));
            }

            return string.Join(' ', packets);
        }),
    ];
}
