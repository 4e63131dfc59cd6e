using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.StandIn.Hub;
using Calls.StandIn.Tests.Kit;

namespace Calls.StandIn.Tests.Hub;

/// <summary>H15 to H17: encodings, the delivery filter and sockets without a valid session.</summary>
public sealed class DeliveryTests : StandInTest
{
    private SocketClient _alice = null!;
    private SocketClient _alice2 = null!;
    private SocketClient _bob = null!;
    private SocketClient _carol = null!;
    private string _channel = "";

    [Fact]
    public async Task H15_hello_is_compact_with_a_newline_and_broadcasts_have_spaces()
    {
        SocketClient socket = await OpenAsync(Server.LogIn("alice"));

        string hello = (await socket.ReadTextAsync())!;
        Server.Publish("probe", new JsonObject { ["t"] = "\"seq\": 5}" }, userId: Alice);
        string probe = (await socket.ReadTextAsync())!;

        Assert.Matches("^\\{\"event\":\"hello\",\"data\":\\{.*\\},\"broadcast\":\\{.*\\},\"seq\":0\\}\n$", hello);
        Assert.Equal(
            "{\"event\": \"probe\", \"data\": {\"t\":\"\\\"seq\\\": 5}\"}, \"broadcast\": {\"omit_users\":null,\"user_id\":\"" + Alice +
            "\",\"channel_id\":\"\",\"team_id\":\"\",\"connection_id\":\"\",\"omit_connection_id\":\"\"}, \"seq\": 1}",
            probe);
    }

    [Theory]
    [InlineData(EventEncoding.Compact, true, true)]
    [InlineData(EventEncoding.Spaced, false, false)]
    [InlineData(EventEncoding.Alternating, true, false)]
    public async Task H15_the_encoding_can_be_chosen(EventEncoding encoding, bool firstIsCompact, bool secondIsCompact)
    {
        await using StandInMattermost server = await StandInMattermost.StartAsync(new StandInOptions { Encoding = encoding, Time = Time }, CancellationToken.None);
        await using SocketClient socket = await SocketClient.OpenAsync(server.Url, server.LogIn("alice"));
        Assert.Equal(firstIsCompact, (await socket.ReadTextAsync())!.EndsWith('\n')); // hello: registered from here on

        server.Publish("probe", [], userId: Alice);
        Assert.Equal(secondIsCompact, (await socket.ReadTextAsync())!.EndsWith('\n'));
    }

    [Fact]
    public async Task H16_everyone_gets_an_event_without_target()
    {
        await OpenAllAsync();
        Server.Publish("probe", []);
        await ReceivedAsync(1, 1, 1, 1);
    }

    [Fact]
    public async Task H16_a_connection_target_beats_all_others()
    {
        await OpenAllAsync();
        Server.Publish("probe", [], userId: Bob, channelId: _channel, connectionId: _alice2.ConnectionId, omitConnectionId: _alice2.ConnectionId, omitUsers: Alice);
        await ReceivedAsync(0, 1, 0, 0);
    }

    [Fact]
    public async Task H16_the_omitted_connection_is_left_out_even_of_a_user_target()
    {
        await OpenAllAsync();
        Server.Publish("probe", [], userId: Alice, omitConnectionId: _alice.ConnectionId);
        await ReceivedAsync(0, 1, 0, 0);
    }

    [Fact]
    public async Task H16_a_user_target_reaches_all_his_connections_whatever_channel_and_omissions_say()
    {
        await OpenAllAsync();
        Server.Publish("probe", [], userId: Server.Seed.CarolId, channelId: _channel, omitUsers: Server.Seed.CarolId);
        await ReceivedAsync(0, 0, 0, 1);
    }

    [Fact]
    public async Task H16_a_channel_target_reaches_members_that_are_not_omitted()
    {
        await OpenAllAsync();
        Server.Publish("probe", [], channelId: _channel);
        await ReceivedAsync(1, 1, 1, 0);
        Server.Publish("probe", [], channelId: _channel, omitUsers: Bob);
        await ReceivedAsync(1, 1, 0, 0);
        Server.Publish("probe", [], channelId: _channel, teamId: Server.Seed.TeamId);
        await ReceivedAsync(1, 1, 1, 0);
    }

    [Fact]
    public async Task H16_a_team_target_reaches_members_of_the_team()
    {
        await OpenAllAsync();
        Server.LeaveTeam(Server.Seed.CarolId);
        await DrainAllAsync();

        Server.Publish("probe", [], teamId: Server.Seed.TeamId);

        await ReceivedAsync(1, 1, 1, 0);
    }

    [Fact]
    public async Task H16_sanitised_copies_go_to_users_and_sensitive_ones_to_administrators()
    {
        SocketClient admin = await SocketAsync("sysadmin");
        SocketClient alice = await SocketAsync("alice");

        Server.Core.Hub.Publish(new WebSocketEvent("sanitised", [], new Broadcast { ContainsSanitizedData = true }));
        Server.Core.Hub.Publish(new WebSocketEvent("sensitive", [], new Broadcast { ContainsSensitiveData = true }));

        Assert.Equal(["sensitive"], await admin.DrainNamesAsync());
        JsonElement copy = Assert.Single(await alice.DrainAsync());
        Assert.Equal("sanitised", copy.GetProperty("event").GetString());
        Assert.True(copy.GetProperty("broadcast").GetProperty("contains_sanitized_data").GetBoolean());
    }

    [Fact]
    public async Task H16_a_guest_hears_only_of_users_he_shares_a_channel_with()
    {
        string guest = Server.AddUser("guest", isGuest: true);
        Server.AddMember(TownSquare, guest);
        string stranger = Server.AddUser("stranger", joinsTeam: false);
        SocketClient socket = await SocketAsync("guest");

        Server.SetActive(stranger, isActive: false);
        Server.SetActive(Bob, isActive: false);

        JsonElement seen = Assert.Single(await socket.DrainAsync());
        Assert.Equal(Bob, seen.GetProperty("data").GetProperty("user").GetProperty("id").GetString());
    }

    [Fact]
    public async Task H16_membership_is_cached_for_30_minutes_and_dropped_when_it_changes()
    {
        await OpenAllAsync();
        Server.Publish("probe", [], channelId: _channel);
        await ReceivedAsync(1, 1, 1, 0);

        // Lost invalidations show the cache: carol is a member for half an hour before her socket knows.
        Server.Faults.LosesInvalidations = true;
        await _carol.DrainAsync();
        Server.Publish("warm", [], channelId: TownSquare);
        Assert.Equal(["warm"], await _carol.DrainNamesAsync());
        Server.AddMember(_channel, Server.Seed.CarolId);
        await DrainAllAsync();
        await AdvanceAsync(TimeSpan.FromMinutes(29));
        Server.Publish("probe", [], channelId: _channel);
        await ReceivedAsync(1, 1, 1, 0);

        await AdvanceAsync(TimeSpan.FromMinutes(2));
        Server.Publish("probe", [], channelId: _channel);
        await ReceivedAsync(1, 1, 1, 1);

        // With the invalidation a removal counts at once.
        Server.Faults.LosesInvalidations = false;
        Server.RemoveMember(_channel, Server.Seed.CarolId);
        await DrainAllAsync();
        Server.Publish("probe", [], channelId: _channel);
        await ReceivedAsync(1, 1, 1, 0);
    }

    [Fact]
    public async Task H16_typing_is_dropped_first_when_a_queue_is_half_full()
    {
        string token = Server.LogIn("alice");
        SocketClient socket = await GreetedAsync(token);
        socket.Abort();
        await InactiveAsync(socket.ConnectionId);
        for (int i = 0; i < 127; i++)
        {
            Server.Publish("probe", [], userId: Alice);
        }

        Server.Publish("typing", [], userId: Alice);
        Server.Publish("typing", [], userId: Alice);
        Server.Publish("status_change", [], userId: Alice);
        Server.Publish("probe", [], userId: Alice);

        SocketClient resumed = await OpenAsync(token, $"?connection_id={socket.ConnectionId}&sequence_number=1");
        List<string> names = await resumed.DrainNamesAsync();
        Assert.Equal(129, names.Count);
        Assert.Single(names, "typing");
    }

    [Fact]
    public async Task H17_a_revoked_session_silences_the_socket_without_closing_it()
    {
        string token = Server.LogIn("alice");
        SocketClient revoked = await GreetedAsync(token);
        SocketClient other = await SocketAsync("alice");

        Server.RevokeSession(token);
        Server.Publish("probe", [], userId: Alice);

        Assert.Equal(["probe"], await other.DrainNamesAsync());
        await revoked.SendAsync("presence", 5);
        Assert.Equal(5, (await revoked.ReadAsync()).GetProperty("seq_reply").GetInt64());
        await revoked.SendAsync("custom_x", 6);
        await UntilAsync(() => Server.CustomActions.Count == 1);
    }

    [Fact]
    public async Task H17_an_expired_session_silences_the_socket()
    {
        string token = Server.LogIn("alice");
        SocketClient socket = await GreetedAsync(token);
        Server.SetSessionExpiry(token, Time.GetUtcNow().ToUnixTimeMilliseconds() + 10_000);
        Server.Publish("before", [], userId: Alice);
        Assert.Equal("before", (await socket.ReadAsync()).GetProperty("event").GetString());

        Time.Advance(TimeSpan.FromSeconds(11));
        Server.Publish("after", [], userId: Alice);

        await socket.SendAsync("presence", 5);
        Assert.Equal(5, (await socket.ReadAsync()).GetProperty("seq_reply").GetInt64());
    }

    [Fact]
    public async Task H17_a_user_who_owes_mfa_is_greeted_and_gets_nothing_else()
    {
        string token = Server.LogIn("alice");
        Server.SetOwesMfa(Alice, true);
        SocketClient socket = await GreetedAsync(token);

        Server.Publish("withheld", [], userId: Alice);
        Server.SetOwesMfa(Alice, false);
        Server.Publish("sent", [], userId: Alice);

        Assert.Equal(["sent"], await socket.DrainNamesAsync());
    }

    [Fact]
    public async Task Events_of_one_source_arrive_in_order_and_numbered_without_gap()
    {
        SocketClient socket = await SocketAsync("alice");
        for (int i = 0; i < 1000; i++)
        {
            Server.Publish("probe", new JsonObject { ["i"] = i }, channelId: TownSquare);
            if (i % 100 == 99)
            {
                for (int j = i - 99; j <= i; j++)
                {
                    JsonElement frame = await socket.ReadAsync();
                    Assert.Equal(j, frame.GetProperty("data").GetProperty("i").GetInt32());
                    Assert.Equal(j + 1, frame.GetProperty("seq").GetInt64());
                }
            }
        }
    }

    /// <summary>alice twice and bob in a private channel, carol outside of it.</summary>
    private async Task OpenAllAsync()
    {
        _channel = Server.AddChannel("private-talk", "P", Alice);
        Server.AddMember(_channel, Bob);
        _alice = await SocketAsync("alice");
        _alice2 = await SocketAsync("alice");
        _bob = await SocketAsync("bob");
        _carol = await SocketAsync("carol");
    }

    private async Task DrainAllAsync()
    {
        foreach (SocketClient socket in new[] { _alice, _alice2, _bob, _carol })
        {
            await socket.DrainAsync();
        }
    }

    private async Task ReceivedAsync(params int[] counts)
    {
        SocketClient[] sockets = [_alice, _alice2, _bob, _carol];
        for (int i = 0; i < sockets.Length; i++)
        {
            List<string> names = await sockets[i].DrainNamesAsync();
            Assert.True(names.Count == counts[i] && names.All(n => n == "probe"), $"socket {i} received {string.Join(',', names)}");
        }
    }

    // The server's pings need their pongs: time moves in steps in which the client library can answer.
    private async Task AdvanceAsync(TimeSpan by)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < by; passed += TimeSpan.FromSeconds(60))
        {
            Time.Advance(TimeSpan.FromSeconds(60));
            await DrainAllAsync();
            await DrainAllAsync();
        }
    }
}
