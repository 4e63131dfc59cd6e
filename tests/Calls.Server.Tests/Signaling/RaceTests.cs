using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Signaling;

namespace Calls.Server.Tests.Signaling;

public sealed class RaceTests
{
    private static readonly string[] Actions =
    [
        "join", "leave", "reconnect", "call_state", "sdp", "ice", "mute", "unmute", "raise_hand", "unraise_hand", "react", "screen_on",
        "screen_off", "video_on", "video_off", "caption", "metric", "voice_on", "ping", "", "foo",
    ];

    private static readonly string[] Fields =
    [
        "channelID", "originalConnID", "prevConnID", "data", "threadID", "title", "jobID", "session_id", "text", "metric_name",
        "new_audio_len_ms", "av1Support",
    ];

    [Fact]
    public async Task Whatever_races_every_session_comes_and_goes_once()
    {
        const int seed = 4711;
        Random random = new(seed);
        await using CallsHarness calls = await CallsHarness.StartAsync();
        UserId[] users = [CallsHarness.Alice, CallsHarness.Bob, CallsHarness.Carol];
        int connections = 0;

        for (int round = 0; round < 25; round++)
        {
            List<TestClient> clients = [];
            foreach (UserId user in users)
            {
                TestClient client = calls.Client(user, $"c{connections++}");
                client.Post("join", ("channelID", calls.Channel.Value));
                clients.Add(client);
            }

            if (random.Next(2) == 0)
            {
                await calls.SettleAsync();
            }

            List<Action> steps = [];
            foreach (TestClient client in clients)
            {
                TestClient next = calls.Client(client.User, $"c{connections++}");
                steps.Add(() => calls.Connections.Disconnected(client.Connection, client.User));
                steps.Add(() => next.Post(
                    "reconnect",
                    ("channelID", calls.Channel.Value),
                    ("originalConnID", client.Session.Value),
                    ("prevConnID", client.Connection.Value)));
                steps.Add(() => calls.Get<IMediaEvents>().OnSessionClosed(client.Session));
                steps.Add(() => client.Post("leave"));
                steps.Add(() => next.Post("leave"));
                steps.Add(() => calls.Connections.AuthEnded(client.Connection, client.User));
                steps.Add(() => client.Post("unmute"));
            }

            foreach (Action step in steps.OrderBy(_ => random.Next()).Take(random.Next(steps.Count)))
            {
                step();
            }

            await calls.SettleAsync();
            foreach (TestClient client in clients)
            {
                calls.Connections.Disconnected(client.Connection, client.User);
            }
        }

        // Sessions that a reconnect kept end when their media does.
        foreach (SessionId left in (await calls.CallAsync())?.Sessions.Keys ?? [])
        {
            calls.Get<IMediaEvents>().OnSessionClosed(left);
        }

        await calls.AdvanceAsync(TimeSpan.FromMinutes(1));
        Assert.True(await calls.CallAsync() is null, $"seed {seed}");
        string[] joined = Sessions(calls, "user_joined");
        Assert.Equal(joined.Distinct(), joined);
        Assert.Equal(joined.Order(), Sessions(calls, "user_left").Order());
    }

    [Fact]
    public async Task No_message_stops_the_next_one_and_nothing_piles_up()
    {
        const int seed = 20260102;
        Random random = new(seed);
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        for (int i = 0; i < 3_000; i++)
        {
            TestClient sender = i % 3 == 0 ? calls.Client(CallsHarness.Bob, $"x{random.Next(20)}") : alice;
            string action = Actions[random.Next(Actions.Length)];
            if (sender.Connection == alice.Connection && action == "leave")
            {
                continue;
            }

            sender.Post(action, [.. Fields.Where(_ => random.Next(3) == 0).Select(field => (field, RandomValue(calls, random)))]);
            if (i % 50 == 0)
            {
                await calls.AdvanceAsync(TimeSpan.FromSeconds(20));
            }
        }

        await calls.AdvanceAsync(TimeSpan.FromSeconds(20));
        Assert.InRange(calls.Get<ClientMessageDispatcher>().ConnectionCount, 0, 21);
        calls.Delivery.Clear();
        await alice.SendAsync("raise_hand");
        Assert.True(alice.Names.SequenceEqual(["user_raise_hand"]), $"seed {seed}");
    }

    private static object? RandomValue(CallsHarness calls, Random random)
    {
        byte[] bytes = new byte[random.Next(1, 40)];
        random.NextBytes(bytes);
        return random.Next(10) switch
        {
            0 => null,
            1 => random.Next(2) == 0,
            2 => random.NextInt64(),
            3 => random.NextDouble(),
            4 => bytes,
            5 => new Dictionary<string, object?>(),
            6 => new List<object?> { null },
            7 => calls.Channel.Value,
            8 => "{\"name\":[]}",
            _ => Convert.ToBase64String(bytes),
        };
    }

    private static string[] Sessions(CallsHarness calls, string name) =>
        [.. calls.Client(CallsHarness.Alice, "main").Events.Where(e => e.Name == name).Select(e => e.Data.GetProperty("session_id").GetString()!)];
}
