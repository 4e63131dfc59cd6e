using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.StandIn.Tests.Kit;

namespace Calls.StandIn.Tests.Hub;

/// <summary>H6, H14, H18, H19: what happens to a connection when its socket is gone.</summary>
public sealed class ResumeTests : StandInTest
{
    private string _token = "";

    [Fact]
    public async Task H6_resume_with_the_next_number_continues_without_hello()
    {
        SocketClient first = await BrokenAsync(events: 3);
        Probe(3);

        SocketClient second = await ResumeAsync(first, 4);

        Assert.Equal([(4L, 3)], await NumbersAsync(second, 1));
    }

    [Fact]
    public async Task H6_resume_with_a_number_in_the_ring_replays_from_there()
    {
        SocketClient first = await BrokenAsync(events: 5);
        Probe(5);

        SocketClient second = await ResumeAsync(first, 2);

        Assert.Equal([(2L, 1), (3L, 2), (4L, 3), (5L, 4), (6L, 5)], await NumbersAsync(second, 5));
    }

    [Fact]
    public async Task H6_the_ring_holds_128_events()
    {
        SocketClient first = await BrokenAsync(events: 200);

        // 201 events were written (with hello), numbers 73 to 200 are in the ring.
        SocketClient second = await ResumeAsync(first, 73);

        Assert.Equal(73, (await second.ReadAsync()).GetProperty("seq").GetInt64());
        for (int i = 74; i <= 200; i++)
        {
            Assert.Equal(i, (await second.ReadAsync()).GetProperty("seq").GetInt64());
        }

        Assert.Empty(await second.DrainAsync());
    }

    [Theory]
    [InlineData(72)]
    [InlineData(500)]
    public async Task H6_a_number_outside_the_ring_gets_a_new_id_a_hello_and_what_was_queued(long number)
    {
        SocketClient first = await BrokenAsync(events: 200);
        Probe(999);

        SocketClient second = await ResumeAsync(first, number);

        JsonElement hello = await second.ReadAsync();
        Assert.Equal("hello", hello.GetProperty("event").GetString());
        Assert.Equal(0, hello.GetProperty("seq").GetInt64());
        string id = hello.GetProperty("data").GetProperty("connection_id").GetString()!;
        Assert.NotEqual(first.ConnectionId, id);
        Assert.Equal([(1L, 999)], await NumbersAsync(second, 1));
        Server.Publish("probe", new JsonObject { ["i"] = 1000 }, connectionId: id);
        Assert.Equal([(2L, 1000)], await NumbersAsync(second, 1));
    }

    [Fact]
    public async Task H6_number_0_neither_replays_nor_greets_and_counts_from_0()
    {
        SocketClient first = await BrokenAsync(events: 3);
        Probe(7);

        SocketClient second = await ResumeAsync(first, 0);

        Assert.Equal([(0L, 7)], await NumbersAsync(second, 1));
    }

    [Fact]
    public async Task H6_a_connection_that_the_server_believes_alive_cannot_be_resumed()
    {
        _token = Server.LogIn("alice");
        SocketClient first = await GreetedAsync(_token);

        SocketClient second = await ResumeAsync(first, 1);

        JsonElement hello = await second.ReadAsync();
        Assert.Equal("hello", hello.GetProperty("event").GetString());
        Assert.NotEqual(first.ConnectionId, hello.GetProperty("data").GetProperty("connection_id").GetString());
        Assert.Empty(await first.DrainAsync());
    }

    [Fact]
    public async Task H6_a_connection_of_another_user_cannot_be_resumed()
    {
        SocketClient first = await BrokenAsync(events: 3);
        _token = Server.LogIn("bob");

        SocketClient second = await ResumeAsync(first, 1);

        Assert.Equal(Bob, (await second.ReadAsync()).GetProperty("broadcast").GetProperty("user_id").GetString());
        Assert.Empty(await second.DrainAsync());
    }

    [Fact]
    public async Task H6_another_session_of_the_same_user_may_resume()
    {
        SocketClient first = await BrokenAsync(events: 1);
        _token = Server.LogIn("alice");
        Probe(1);

        SocketClient second = await ResumeAsync(first, 2);

        Assert.Equal([(2L, 1)], await NumbersAsync(second, 1));
    }

    [Fact]
    public async Task H6_an_unknown_id_is_a_fresh_connection()
    {
        _token = Server.LogIn("alice");

        SocketClient socket = await OpenAsync(_token, $"?connection_id={new string('q', 26)}&sequence_number=NaN");

        Assert.Equal("hello", (await socket.ReadAsync()).GetProperty("event").GetString());
    }

    [Fact]
    public async Task H6_a_connection_can_be_resumed_again_and_again()
    {
        SocketClient socket = await BrokenAsync(events: 2);
        string id = socket.ConnectionId;
        long next = 3;
        for (int round = 0; round < 5; round++)
        {
            Probe(round);
            socket = await OpenAsync(_token, $"?connection_id={id}&sequence_number={next}");
            Assert.Equal([(next++, round)], await NumbersAsync(socket, 1));
            socket.Abort();
            await InactiveAsync(id);
        }
    }

    [Fact]
    public async Task H14_more_than_256_queued_events_forget_an_inactive_connection()
    {
        SocketClient first = await BrokenAsync(events: 1);
        for (int i = 0; i < 256; i++)
        {
            Probe(i);
        }

        Assert.Single(Server.Connections);
        Probe(256);

        Assert.Empty(Server.Connections);
        SocketClient second = await ResumeAsync(first, 2);
        Assert.Equal("hello", (await second.ReadAsync()).GetProperty("event").GetString());
        Assert.Empty(await second.DrainAsync());
    }

    [Fact]
    public async Task H14_a_live_connection_that_overflows_gets_what_was_queued_and_an_empty_close_frame()
    {
        using RawSocket socket = await RawSocket.OpenAsync(Server.Url, Server.LogIn("alice"));
        await socket.ReadAsync();

        Server.Faults.OverflowQueue(Server.Connections.Single().Id);

        int events = 0;
        (int Opcode, byte[] Payload)? frame;
        while ((frame = await socket.ReadAsync()) is { Opcode: 1 })
        {
            events++;
        }

        Assert.True(events >= 256, $"{events} events");
        Assert.Equal(8, frame!.Value.Opcode);
        Assert.Empty(frame.Value.Payload);
        Assert.Empty(Server.Connections);
    }

    [Fact]
    public async Task H14_a_write_that_does_not_finish_in_30_s_ends_the_socket()
    {
        using RawSocket socket = await RawSocket.OpenAsync(Server.Url, Server.LogIn("alice"));
        await socket.ReadAsync();
        var large = new JsonObject { ["x"] = new string('x', 4 * 1024 * 1024) };
        Server.Publish("probe", large, userId: Alice);
        Server.Publish("probe", large.DeepClone().AsObject(), userId: Alice);

        // Nobody reads: the first write that blocks starts its 30 s whenever it comes.
        await UntilAsync(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            return Server.Connections.All(c => !c.IsActive);
        });
    }

    [Fact]
    public async Task H18_inactive_connections_are_reaped_by_the_age_of_their_last_activity()
    {
        SocketClient first = await BrokenAsync(events: 1);

        Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Single(Server.Connections);
        Time.Advance(TimeSpan.FromMinutes(5));

        Assert.Empty(Server.Connections);
        SocketClient second = await ResumeAsync(first, 2);
        Assert.Equal("hello", (await second.ReadAsync()).GetProperty("event").GetString());
    }

    [Fact]
    public async Task H19_a_restart_cuts_sockets_without_close_frame_and_forgets_connections_but_not_sessions()
    {
        _token = Server.LogIn("alice");
        SocketClient first = await GreetedAsync(_token);

        await Server.RestartAsync();

        Assert.Null(await first.ReadTextAsync());
        Assert.Null(first.CloseStatus);
        SocketClient second = await ResumeAsync(first, 1);
        JsonElement hello = await second.ReadAsync();
        Assert.Equal("hello", hello.GetProperty("event").GetString());
        Assert.NotEqual(first.ConnectionId, hello.GetProperty("data").GetProperty("connection_id").GetString());
        (await WithToken(_token).GetAsync("/users/me/status")).Is(200);
    }

    [Fact]
    public async Task H19_between_the_halves_of_a_restart_connections_are_refused()
    {
        await Server.StopListeningAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => As("alice").GetAsync("/system/ping"));
        await Server.StartListeningAsync();
        (await As("alice").GetAsync("/system/ping")).Is(200);
    }

    /// <summary>A connection of alice that received <c>hello</c> and some events, and then lost its socket.</summary>
    private async Task<SocketClient> BrokenAsync(int events)
    {
        _token = Server.LogIn("alice");
        SocketClient socket = await GreetedAsync(_token);
        for (int i = 0; i < events; i++)
        {
            Probe(i);
            await socket.ReadAsync();
        }

        socket.Abort();
        await InactiveAsync(socket.ConnectionId);
        return socket;
    }

    private Task<SocketClient> ResumeAsync(SocketClient old, long number) =>
        OpenAsync(_token, $"?connection_id={old.ConnectionId}&sequence_number={number}");

    private void Probe(int i) => Server.Publish("probe", new JsonObject { ["i"] = i }, userId: Alice);

    private static async Task<(long Seq, int I)[]> NumbersAsync(SocketClient socket, int count)
    {
        var result = new List<(long, int)>();
        for (int i = 0; i < count; i++)
        {
            JsonElement frame = await socket.ReadAsync();
            Assert.Equal("probe", frame.GetProperty("event").GetString());
            result.Add((frame.GetProperty("seq").GetInt64(), frame.GetProperty("data").GetProperty("i").GetInt32()));
        }

        return [.. result];
    }
}
