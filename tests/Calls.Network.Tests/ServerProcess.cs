using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Calls.Network.Tests;

/// <summary>The media server, and the signaling between it and its clients.</summary>
internal sealed class ServerProcess : PeerProcess
{
    private readonly ConcurrentDictionary<string, ClientProcess> _clients = new();
    private JsonObject _ready = [];
    private JsonObject _status = [];

    private ServerProcess(string host, params string[] options)
        : base(host, ["server", .. options])
    {
    }

    /// <summary>Advertised over UDP, separated by blanks.</summary>
    public string Udp => (string?)_ready["udp"] ?? "";

    /// <inheritdoc cref="Udp"/>
    public string Tcp => (string?)_ready["tcp"] ?? "";

    public double StartMs => (double)_ready["startMs"]!;

    public long Faults => (long?)_status["faults"] ?? 0;

    public int Connections => (int?)_status["connections"] ?? 0;

    public List<string> Closed { get; } = [];

    public static async Task<ServerProcess> StartAsync(Lab lab, string host, params string[] options)
    {
        ServerProcess server = lab.Own(new ServerProcess(host, options));
        server.Begin();
        await server.UntilAsync(() => server._ready.Count > 0, "the server is ready");
        return server;
    }

    /// <summary>Where the server sends a client's media: <c>udp 198.51.100.1:2000</c>.</summary>
    public string PathOf(string client) => (string?)_status["paths"]?[client] ?? "";

    public ClientProcess Join(Lab lab, string host, string name, params string[] options)
    {
        Write(new() { ["init"] = name });
        ClientProcess client = lab.Own(new ClientProcess(host, name, options, (type, data) => Write(new() { ["from"] = name, ["type"] = type, ["data"] = data })));
        _clients[name] = client;
        client.Listen();
        return client;
    }

    protected override string Describe() => $"{_status.ToJsonString()} {string.Join(" | ", Log)}";

    protected override void Take(JsonObject line)
    {
        if (line.ContainsKey("ready"))
        {
            _ready = line;
        }
        else if ((string?)line["to"] is { } client)
        {
            _clients[client].Signal((string)line["data"]!);
        }
        else if ((string?)line["closed"] is { } closed)
        {
            Closed.Add($"{closed} {line["reason"]}");
        }
        else if (line.ContainsKey("paths"))
        {
            _status = line;
        }
    }
}
