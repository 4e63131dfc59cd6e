using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using Calls.Rtc;
using Calls.Rtc.Transport;

namespace Calls.Benchmarks;

/// <summary>What does it cost to send the packets of one picture to all receivers, kernel included? They are dropped where they arrive.</summary>
public class SendPicture
{
    private const int Packets = 8;
    private const int PacketLength = 1_200;

    private readonly List<Socket> _sinks = [];
    private readonly List<UdpPath> _paths = [];
    private LinuxDatagramSockets _sockets = null!;
    private TransportCounters _counters;

    [Params(7, 49)]
    public int Receivers { get; set; }

    /// <summary>Whether one message carries all of a receiver's packets (UDP_SEGMENT).</summary>
    [Params(false, true)]
    public bool Segmentation { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { SendBufferSize = 4 << 20 };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _sockets = new([socket], Segmentation);
        for (int i = 0; i < Receivers; i++)
        {
            // Full at once, so that nothing but sending is measured.
            var sink = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 2_048 };
            sink.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _sinks.Add(sink);
            _paths.Add(new(loop: null, localIndex: 0, TransportAddress.From((IPEndPoint)sink.LocalEndPoint!)));
        }
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _sockets.Dispose();
        _sinks.ForEach(static sink => sink.Dispose());
    }

    [Benchmark]
    public int Send()
    {
        // As a forwarder does it: each packet for everybody, then the next one.
        for (int packet = 0; packet < Packets; packet++)
        {
            foreach (UdpPath path in _paths)
            {
                _sockets.Reserve()[0] = 0x80;
                _sockets.Commit(PacketLength, path, ref _counters);
            }
        }

        _sockets.Flush(ref _counters);
        return (int)_counters.Sent;
    }
}
