using Calls.Rtc;
using Calls.Server.Observability.Metrics;

namespace Calls.Server.Observability;

/// <summary>What the machine grants the program, and what to do where that is short.</summary>
/// <param name="ReceiveBuffer">Bytes that a media socket was granted.</param>
/// <param name="WantedBuffer">Bytes that were asked for, both ways.</param>
/// <param name="OpenFiles">Files and connections that may be open at once; 0 = not known.</param>
internal sealed record HostTuning(int Cores, int Loops, int ReceiveBuffer, int SendBuffer, int WantedBuffer, double OpenFiles)
{
    /// <summary>A client of the gateway has two connections, one over TCP another; 10,000 clients and room for the rest.</summary>
    public const int WantedOpenFiles = 65_536;

    /// <summary>One line for the log.</summary>
    public string Description =>
        $"host: {Cores} cores, {Loops} media loops, sockets of the media hold {ReceiveBuffer / 1024} KiB in and {SendBuffer / 1024} KiB out (asked for {WantedBuffer / 1024}), "
        + $"{(OpenFiles is 0 or > long.MaxValue ? "any number of" : $"{OpenFiles}")} files and connections may be open";

    /// <summary>One sentence per shortage, with the command that ends it.</summary>
    public IEnumerable<string> Advice
    {
        get
        {
            if (ReceiveBuffer < WantedBuffer)
            {
                yield return $"sockets of the media may hold {ReceiveBuffer / 1024} KiB of incoming packets, bursts above it are lost: sysctl -w net.core.rmem_max={WantedBuffer}";
            }

            if (SendBuffer < WantedBuffer)
            {
                yield return $"sockets of the media may hold {SendBuffer / 1024} KiB of outgoing packets, bursts above it are lost: sysctl -w net.core.wmem_max={WantedBuffer}";
            }

            if (OpenFiles is > 0 and < WantedOpenFiles)
            {
                yield return $"only {OpenFiles} files and connections may be open: ulimit -n {WantedOpenFiles}, or LimitNOFILE={WantedOpenFiles} in the unit of systemd";
            }
        }
    }

    public static HostTuning Of(RtcServer media) => new(
        Environment.ProcessorCount,
        media.LoopCount,
        media.SocketBuffers.Receive,
        media.SocketBuffers.Send,
        media.SocketBuffers.Wanted,
        OperatingSystem.IsLinux() ? ProcessMetrics.Limit("Max open files") : 0);
}
