using System.Text.Json.Nodes;

namespace Calls.Network.Tests;

/// <summary>A client that speaks all the time.</summary>
internal sealed class ClientProcess(string host, string name, string[] options, Action<string, string> toServer)
    : PeerProcess(host, ["client", name, .. options])
{
    private JsonObject _status = [];

    public string Name => name;

    public string State => (string?)_status["state"] ?? "";

    /// <summary>Our address as the server sees it.</summary>
    public string Mapped => (string?)_status["mapped"] ?? "";

    /// <summary>Where its voice goes.</summary>
    public string SendsTo => (string?)_status["sendsTo"] ?? "";

    public int HeardFrom(string publisher) => (int?)_status["heard"]?[publisher] ?? 0;

    public void Listen() => Begin();

    public void Signal(string json) => Write(new() { ["signal"] = json });

    public Task OpenAsync() => UntilAsync(() => State == "Open", $"{name} is in the call");

    /// <summary>Waits for so many more packets of a voice: time that passes by what happens, not by the clock.</summary>
    public Task HearsAsync(string publisher, int packets = 25, TimeSpan? limit = null)
    {
        int start = HeardFrom(publisher);
        return UntilAsync(() => HeardFrom(publisher) >= start + packets, $"{name} hears {packets} more packets of {publisher}", limit);
    }

    protected override string Describe() => $"{name}: {_status.ToJsonString()}";

    protected override void Take(JsonObject line)
    {
        if (line.ContainsKey("state"))
        {
            _status = line;
        }
        else if ((string?)line["type"] is { } type)
        {
            toServer(type, (string)line["data"]!);
        }
    }
}
