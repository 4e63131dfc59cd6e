using Calls.Server.Mattermost.Relay;
using Calls.Server.Signaling;

namespace Calls.Server.Tests.Mattermost.Relay;

public sealed class RecordTests
{
    [Fact]
    public void The_ring_is_bounded_in_events_and_in_bytes()
    {
        var ring = new ReplayRing();
        for (int number = 0; number < 1000; number++)
        {
            ring.Add(number, [1]);
        }

        Assert.False(ring.Contains(871));
        Assert.True(ring.Contains(872));
        Assert.True(ring.Contains(999));
        Assert.False(ring.Contains(1000));

        ring.Add(1000, new byte[ReplayRing.MaxBytes]);
        Assert.False(ring.Contains(999));
        Assert.True(ring.Contains(1000));
        ring.Add(1001, new byte[ReplayRing.MaxBytes + 1]);
        Assert.False(ring.Contains(1001));
    }

    [Fact]
    public void Json_values_keep_their_kind()
    {
        Assert.True(JsonValue.TryRead("""{"n":3,"f":1.5,"b":true,"z":null,"l":["x"],"n":4}"""u8, 32, out object? value));

        var map = Assert.IsType<Dictionary<string, object?>>(value);
        Assert.Equal(4L, Assert.IsType<long>(map["n"]));
        Assert.Equal(1.5, Assert.IsType<double>(map["f"]));
        Assert.Equal([true, null], [map["b"], map["z"]]);
        Assert.Equal(["x"], Assert.IsType<List<object?>>(map["l"]));
        Assert.False(JsonValue.TryRead("[[[1]]]"u8, 2, out _));
    }

    [Fact]
    public void Waiting_actions_are_bounded_in_number_and_in_bytes()
    {
        var waiting = new WaitingActions();
        var frame = new ClientFrame(ClientFrameKind.Calls, "x", ClientData.Empty, null);
        for (int added = 0; added < WaitingActions.MaxCount; added++)
        {
            Assert.True(waiting.TryAdd(frame, 1));
        }

        Assert.False(waiting.TryAdd(frame, 1));
        waiting.Clear();
        Assert.True(waiting.TryAdd(frame, WaitingActions.MaxBytes));
        Assert.False(waiting.TryAdd(frame, 1));
    }

    [Fact]
    public void Sockets_without_credentials_are_counted_per_address()
    {
        var upgrades = new UnidentifiedUpgrades(2);
        Assert.True(upgrades.TryEnter("x"));
        Assert.True(upgrades.TryEnter("x"));
        Assert.False(upgrades.TryEnter("x"));
        Assert.True(upgrades.TryEnter("y"));
        upgrades.Leave("x");
        Assert.True(upgrades.TryEnter("x"));
    }

    [Theory]
    [InlineData("connection_id=abc&sequence_number=7&x=1", "abc", 7, "connection_id=&sequence_number=0&x=1")]
    [InlineData("?x=%41&connection%5Fid=abc&sequence_number=7&connection_id=other", "abc", 7, "x=%41&connection_id=&sequence_number=0")]
    [InlineData("", "", -1, "")]
    [InlineData("connection_id=abc&sequence_number=NaN", "abc", -1, "connection_id=&sequence_number=0")]
    [InlineData("connection_id&sequence_number=+5", "", -1, "connection_id=&sequence_number=0")]
    public void Only_the_resume_parameters_of_a_query_are_rewritten(string query, string connection, long next, string fresh)
    {
        ResumeQuery read = ResumeQuery.Parse(query);

        Assert.Equal((connection, next), (read.Connection, read.Next));
        Assert.Equal(fresh, read.Rewrite("", 0));
    }

    [Theory]
    [InlineData(null, "", "https://a.example", true)]
    [InlineData("null", "", "https://a.example", false)]
    [InlineData("https://A.example", "", "https://a.example/sub", true)]
    [InlineData("http://a.example", "", "https://a.example", false)]
    [InlineData("https://a.example:8443", "", "https://a.example", false)]
    [InlineData("wss://a.example", "", "https://a.example", true)]
    [InlineData("https://host.example", "", "", true)]
    [InlineData("https://other.example", "", "", false)]
    [InlineData("https://evil.example", "*", "https://a.example", true)]
    [InlineData("https://b.example", "https://b.example https://c.example", "https://a.example", true)]
    [InlineData("https://a.example", "https://b.example https://c.example", "https://a.example", true)]
    [InlineData("https://evil.example", "https://b.example https://c.example", "https://a.example", false)]
    [InlineData("null", "https://b.example", "https://a.example", false)]
    public void Origins_are_judged_as_mattermost_does(string? origin, string allowCorsFrom, string site, bool isAllowed) =>
        Assert.Equal(isAllowed, OriginRule.Allows(origin, "host.example", allowCorsFrom, site));
}
