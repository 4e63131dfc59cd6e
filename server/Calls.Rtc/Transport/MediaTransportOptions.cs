using System.Diagnostics;
using System.Net;

namespace Calls.Rtc.Transport;

/// <summary>Where and how media is received.</summary>
public sealed record MediaTransportOptions
{
    public const int DefaultSocketBufferBytes = 16 << 20;

    /// <summary>More local addresses than any machine serves media on; the ready set of a loop is a 64-bit mask.</summary>
    public const int MaxLocalAddresses = 64;

    /// <summary>Concrete addresses of this machine, most preferred first; no wildcard, as answers must leave from the address asked.</summary>
    public required IReadOnlyList<IPAddress> LocalAddresses { get; init; }

    /// <summary>The UDP port on all of them. 0 picks a free one.</summary>
    public required int Port { get; init; }

    /// <summary>Concrete addresses that accept TCP connections, most preferred first; empty = none.</summary>
    public IReadOnlyList<IPAddress> TcpAddresses { get; init; } = [];

    /// <summary>The TCP port on all of them. 0 picks a free one.</summary>
    public int TcpPort { get; init; }

    public TcpLimits Tcp { get; init; } = new();

    /// <summary>Threads with sockets of their own. Portable sockets have one, except on Linux.</summary>
    public int LoopCount { get; init; } = DefaultLoopCount;

    /// <summary>Time between two ticks of a loop with registered paths.</summary>
    public int TickMs { get; init; } = 10;

    /// <summary>Milliseconds that a tick may come late when no packet wakes the loop and nothing waits for it.</summary>
    public int TickSlackMs { get; init; }

    /// <summary>Requested size of each socket's receive and send buffer; the system may grant less.</summary>
    public int SocketBufferBytes { get; init; } = DefaultSocketBufferBytes;

    /// <summary>Uses <see cref="System.Net.Sockets.Socket"/> calls even where batched ones exist.</summary>
    public bool UsePortableSockets { get; init; } = !LinuxNative.IsSupported;

    /// <summary>Lets the kernel cut equal packets for one peer out of one message (UDP_SEGMENT), where it can.</summary>
    public bool UsesSegmentation { get; init; } = true;

    /// <summary>Monotonic milliseconds, on the base that the protocol layers use.</summary>
    public Func<long> NowMs { get; init; } = static () => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);

    /// <summary>Told of every exception that leaves a handler. Called on the loop's thread.</summary>
    public Action<Exception>? OnFault { get; init; }

    /// <summary>Makes the sockets of each loop instead of opening real ones; <see cref="MediaLoop.RunTurn"/> then takes the place of its thread.</summary>
    internal Func<int, DatagramSockets>? Sockets { get; init; }

    /// <summary>Makes the listeners of each loop instead of opening real ones.</summary>
    internal Func<int, IReadOnlyList<IStreamListener>>? Listeners { get; init; }

    /// <summary>Control messages that a loop's queue holds; a power of two.</summary>
    internal int MailboxCapacity { get; init; } = 4096;

    /// <summary>Packets from other loops that a loop's queue holds; a power of two. 256 x 2 KiB.</summary>
    internal int PacketQueueCapacity { get; init; } = 256;

    /// <summary>
    /// Packets that other threads send through connections of a loop; a power of two. Enough for a key frame of 40 packets for a
    /// hundred receivers; 4096 x 2 KiB, of which the system gives what is used.
    /// </summary>
    internal int FrameQueueCapacity { get; init; } = 4_096;

    // One core is left to signaling where there are enough of them.
    private static int DefaultLoopCount => Environment.ProcessorCount > 4 ? Environment.ProcessorCount - 1 : Environment.ProcessorCount;
}
