using System.Text.Json;

namespace Calls.Server.Tests.EndToEnd.Testing;

/// <summary>A frame as a client got it: an event (with <see cref="Seq"/>) or a reply (with <see cref="SeqReply"/>), never both.</summary>
internal sealed record WireFrame(JsonElement Json)
{
    public const string Prefix = "custom_com.mattermost.calls_";

    private static readonly string[] BroadcastKeys = ["omit_users", "user_id", "channel_id", "team_id", "connection_id", "omit_connection_id"];

    public bool IsReply => Json.TryGetProperty("seq_reply", out _);

    public long SeqReply => Json.GetProperty("seq_reply").GetInt64();

    public long Seq => Json.GetProperty("seq").GetInt64();

    public bool IsOfCalls => !IsReply && Event.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The event's name, without the prefix of Calls.</summary>
    public string Name => IsOfCalls ? Event[Prefix.Length..] : Event;

    public JsonElement Data => Json.GetProperty("data");

    private string Event => Json.GetProperty("event").GetString()!;

    /// <summary>A text of <c>data</c>; fails if it is not there.</summary>
    public string Text(string key) => Data.GetProperty(key).GetString()!;

    public string Broadcast(string key) => Json.GetProperty("broadcast").GetProperty(key).GetString()!;

    /// <summary>The document inside a <c>call_state</c>.</summary>
    public JsonElement State() => JsonDocument.Parse(Text("call")).RootElement;

    /// <summary>The message inside a <c>signal</c>.</summary>
    public JsonElement Signal() => JsonDocument.Parse(Text("data")).RootElement;

    /// <summary>What every client relies on (signaling.md 1.7).</summary>
    public void Check()
    {
        if (IsReply)
        {
            Assert.False(Json.TryGetProperty("seq", out _), $"A reply has a number of its own: {Json}");
            Assert.False(Json.TryGetProperty("event", out _), $"A reply names an event: {Json}");
            Assert.Contains(Json.GetProperty("status").GetString(), (string[])["OK", "FAIL"]);
            return;
        }

        Assert.NotEmpty(Event);
        JsonElement broadcast = Json.GetProperty("broadcast");
        Assert.All(BroadcastKeys, key => Assert.True(broadcast.TryGetProperty(key, out _), $"{Event} has no broadcast.{key}"));
    }

    public override string ToString() => Json.ToString();
}
