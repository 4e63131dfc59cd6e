using System.Net;
using Calls.Rtc;

namespace Calls.Load;

/// <summary>
/// The server side, in a process of its own so that its CPU time is its own: a media server driven by lines on standard
/// input (<c>init SESSION CALL</c>, <c>send SESSION TYPE BASE64</c>, <c>stats</c>) that answers on standard output.
/// </summary>
internal sealed class MediaProcess : IRtcEvents
{
    private readonly Lock _gate = new();

    public static async Task<int> RunAsync()
    {
        var process = new MediaProcess();
        var options = new RtcServerOptions { ListenAddresses = [IPAddress.Loopback], UdpPort = 0 };
        await using RtcServer server = await RtcServer.StartAsync(options, process, TimeProvider.System, CancellationToken.None);
        process.Write("ready");
        while (await Console.In.ReadLineAsync() is { } line)
        {
            string[] words = line.Split(' ');
            switch (words[0])
            {
                case "init":
                    server.InitSession(new("load", words[2], $"user-{words[1]}", words[1]));
                    break;
                case "send":
                    server.Send(words[1], Enum.Parse<RtcMessageType>(words[2]), Convert.FromBase64String(words[3]));
                    break;
                case "stats":
                    process.Write(Statistics(server));
                    break;
            }
        }

        return 0;
    }

    public void OnMessage(RtcSessionConfig session, RtcMessageType type, ReadOnlyMemory<byte> data)
    {
        if (type is RtcMessageType.Sdp or RtcMessageType.Ice)
        {
            Write($"message {session.SessionId} {type} {Convert.ToBase64String(data.Span)}");
        }
    }

    public void OnSessionClosed(RtcSessionConfig session, RtcCloseReason reason) => Write($"closed {session.SessionId} {reason}");

    private static string Statistics(RtcServer server)
    {
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        return string.Join(
            ' ',
            "stats",
            (long)self.TotalProcessorTime.TotalMicroseconds,
            server.TransportCounters.Sent,
            GC.GetTotalAllocatedBytes(precise: true),
            GC.CollectionCount(0),
            self.WorkingSet64 / 1024);
    }

    private void Write(string line)
    {
        lock (_gate)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }
}
