using System.Net;
using System.Net.Sockets;
using Calls.Rtc.Transport;

namespace Calls.Network.Tests;

/// <summary>A network that takes less than Ethernet does, such as a tunnel.</summary>
public sealed class NarrowNetworkTests : IDisposable
{
    private const int Packets = 8;

    // Longer than the network takes, so that the kernel refuses to cut such packets out of one message.
    private const int PacketLength = 1_400;

    private readonly Lab _lab = new();

    public void Dispose() => _lab.Dispose();

    [NetworkFact]
    public void Equal_packets_that_are_too_long_for_the_network_arrive_one_by_one()
    {
        string host = _lab.AddPublic("server", 1);
        Lab.Run($"ip -n {host} link set eth0 mtu 1280");
        MediaTransport transport = _lab.Own(Lab.In(host, static () => MediaTransport.Open(
            new() { LocalAddresses = [IPAddress.Parse("198.51.100.1")], Port = 8443, LoopCount = 1 }, new BurstHandler())));
        transport.Start();
        Socket client = _lab.Own(Lab.In(_lab.AddPublic("client", 2), static () => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)));
        client.ReceiveTimeout = 10_000;
        client.Connect(transport.LocalEndPoints[0]);
        client.Send(Convert.FromHexString("000100002112A442000102030405060708090A0B"));

        byte[] buffer = new byte[2_000];
        for (int i = 0; i < Packets; i++)
        {
            Assert.Equal(PacketLength, client.Receive(buffer));
            Assert.Equal(i, buffer[1]);
        }
    }

    /// <summary>Answers a check with a picture.</summary>
    private sealed class BurstHandler : IDatagramHandler
    {
        public bool OnStun(MediaLoop loop, Span<byte> datagram, in DatagramSource source, long nowMs)
        {
            TransportPath path = source.PathFor(this);
            for (int i = 0; i < Packets; i++)
            {
                Span<byte> slot = loop.Reserve();
                slot[0] = 0x80;
                slot[1] = (byte)i;
                loop.Commit(PacketLength, path);
            }

            return true;
        }

        public void OnDtls(MediaLoop loop, Span<byte> datagram, TransportPath path, object session, long nowMs)
        {
        }

        public void OnRtp(MediaLoop loop, Span<byte> datagram, TransportPath path, object session, long nowMs)
        {
        }

        public void OnRtcp(MediaLoop loop, Span<byte> datagram, TransportPath path, object session, long nowMs)
        {
        }

        public void OnPathClosed(MediaLoop loop, TransportPath path, object session, long nowMs)
        {
        }

        public bool OnTick(MediaLoop loop, long nowMs) => false;
    }
}
