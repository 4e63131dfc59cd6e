using System.Buffers.Binary;
using Calls.Rtc.Sctp;
using Calls.Rtc.Tests.Sctp;

namespace Calls.Rtc.Tests.DataChannels;

public sealed class RecordedHandshakeTests
{
    public static TheoryData<string> Captures() => ["chromium-lite-sfu-passive-gcm128", "firefox-lite-sfu-passive-gcm128", "chromium-sfu-active-aescm", "firefox-sfu-active-gcm"];

    [Theory]
    [MemberData(nameof(Captures))]
    [Trait("Spec", "media-72")]
    public void The_init_of_a_browser_leads_to_an_acknowledged_channel(string capture)
    {
        string[][] lines =
        [
            .. File.ReadLines(Path.Combine(Root(), "tests/fixtures/packets", capture + ".sctp.hex"))
                .Where(static line => !line.StartsWith('#'))
                .Select(static line => line.Split(' '))
                .Where(static parts => parts[1] == "A" && parts[2] == "c2s"),
        ];
        byte[] init = Convert.FromHexString(lines.First(static parts => parts[3] == "INIT")[4]);
        byte[] open = Convert.FromHexString(lines.First(static parts => parts[3] == "DATA")[4]);

        // The recorded packets carry the recorded server's tag, so ours takes the same.
        int draws = 0;
        var server = new DataChannelPeer(isClient: false, seed: 1, span =>
        {
            if (draws++ == 1)
            {
                open.AsSpan(4, 4).CopyTo(span);
            }
        });

        server.Receive(init, 0);
        byte[] initAck = RawPacket.Chunks(server.Sent.Dequeue())[0].Value;
        byte[] cookie = initAck[20..(16 + BinaryPrimitives.ReadUInt16BigEndian(initAck.AsSpan(18)))];
        server.Receive(RawPacket.Build(BinaryPrimitives.ReadUInt32BigEndian(open.AsSpan(4)), (10, 0, cookie)), 20);
        Assert.Equal(11, Assert.Single(RawPacket.Chunks(server.Sent.Dequeue())).Type);
        Assert.Equal(SctpState.Established, server.Endpoint.AssociationState);

        server.Receive(open, 40);

        byte[] packet = Assert.Single(server.Sent);
        Assert.Equal(init[16..20], packet[4..8]);
        (byte type, _, byte[] value) = RawPacket.Chunks(packet).Single(static chunk => chunk.Type == 0);
        Assert.Equal(0, type);
        Assert.Equal(open[20..22], value[4..6]); // on the stream of the OPEN
        Assert.Equal("0000003202", Convert.ToHexString(value[8..]));
        Assert.Equal(1, server.OpenCount);
    }

    private static string Root()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Plugin.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new DirectoryNotFoundException("Plugin.sln");
    }
}
