using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Calls.Rtc;

namespace Calls.Network.Peer;

/// <summary>A media server with one call. Takes <c>{"init":NAME}</c> and <c>{"from":NAME,"type":TYPE,"data":JSON}</c>.</summary>
internal sealed class ServerEnd : IRtcEvents
{
    private const int Port = 8443;

    private static readonly TimeSpan StatusInterval = TimeSpan.FromMilliseconds(100);

    public static async Task RunAsync(string[] arguments)
    {
        long start = Stopwatch.GetTimestamp();
        var options = new RtcServerOptions
        {
            UdpPort = Port,
            TcpPort = Port,
            Loops = 2,
            EnableIPv6 = arguments.Contains("--ipv6"),
            IceHostOverride = Value(arguments, "--override") ?? "",
            IceServerUrls = Value(arguments, "--stun") is { } url ? url.Split(',') : [],
            Log = static line => Lines.Write(new() { ["log"] = line }),
        };
        await using RtcServer server = await RtcServer.StartAsync(options, new ServerEnd(), TimeProvider.System, CancellationToken.None);
        Lines.Write(new()
        {
            ["ready"] = true,
            ["startMs"] = Stopwatch.GetElapsedTime(start).TotalMilliseconds,
            ["udp"] = string.Join(' ', server.AdvertisedAddresses),
            ["tcp"] = string.Join(' ', server.AdvertisedTcpAddresses),
        });

        var sessions = new List<string>();
        await using var status = new Timer(_ => WriteStatus(server, sessions), null, StatusInterval, StatusInterval);
        while (await Task.Run(Lines.Read) is { } line)
        {
            if ((string?)line["init"] is { } session)
            {
                server.InitSession(new("group", "call", "user", session));
                lock (sessions)
                {
                    sessions.Add(session);
                }
            }
            else
            {
                server.Send((string)line["from"]!, Enum.Parse<RtcMessageType>((string)line["type"]!), Encoding.UTF8.GetBytes((string)line["data"]!));
            }
        }
    }

    public void OnMessage(RtcSessionConfig session, RtcMessageType type, ReadOnlyMemory<byte> data)
    {
        if (!data.IsEmpty)
        {
            Lines.Write(new() { ["to"] = session.SessionId, ["data"] = Encoding.UTF8.GetString(data.Span) });
        }
    }

    public void OnSessionClosed(RtcSessionConfig session, RtcCloseReason reason) =>
        Lines.Write(new() { ["closed"] = session.SessionId, ["reason"] = reason.ToString() });

    private static void WriteStatus(RtcServer server, List<string> sessions)
    {
        var paths = new JsonObject();
        lock (sessions)
        {
            foreach (string session in sessions)
            {
                paths[session] = server.FindSession(session)?.Participant.Path?.Remote.ToString() ?? "";
            }
        }

        Lines.Write(new() { ["paths"] = paths, ["connections"] = server.TcpConnections, ["faults"] = server.TransportCounters.HandlerFaults });
    }

    private static string? Value(string[] arguments, string name)
    {
        int at = Array.IndexOf(arguments, name);
        return at < 0 ? null : arguments[at + 1];
    }
}
