using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Calls.Server.Tests.Commands;
using Calls.Server.Tests.EndToEnd.Testing;
using Calls.Server.Tests.Mattermost.Testing;
using Calls.Server.Tests.Persistence.Testing;
using Calls.StandIn;

namespace Calls.Server.Tests.EndToEnd;

/// <summary>
/// <c>calls serve</c> is killed again and again at random points while users come and go. Whatever was under way, the next start finds
/// nothing that it does not clear up: no ghost, no call without sessions, no post of a call that goes on.
/// </summary>
public sealed partial class RandomKillTests : IAsyncLifetime
{
    private const int Kills = 6;
    private const int ActionsAtMost = 45;
    private static readonly TimeSpan ClearedUp = TimeSpan.FromSeconds(15);
    private static readonly string[] Users = ["alice", "bob", "carol"];
    private static readonly string[] Actions = ["join", "join", "leave", "unmute", "mute", "raise_hand", "screen_on", "screen_off", "video_on", "call_state", "cut"];

    private readonly string _folder = Directory.CreateTempSubdirectory("calls-random-").FullName;
    private StandInMattermost _mattermost = null!;

    public async Task InitializeAsync() => _mattermost = await StandInMattermost.StartAsync(new(), CancellationToken.None);

    public async Task DisposeAsync()
    {
        await _mattermost.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public Task Killed_at_random_points_on_SQLite_nothing_is_left(int seed) =>
        KillAsync("sqlite:calls.db", () => CallRows.Read(Path.Combine(_folder, "calls.db")), seed);

    [PostgresTheory]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Killed_at_random_points_on_PostgreSQL_nothing_is_left(int seed)
    {
        string url = await (await PostgresServer.Shared).CreateDatabaseAsync();
        await KillAsync(url, () => CallRows.ReadPostgres(url), seed);
    }

    private async Task KillAsync(string databaseUrl, Func<CallRows> rows, int seed)
    {
        var random = new Random(seed);
        for (int kill = 1; kill <= Kills; kill++)
        {
            string when = $"seed {seed}, kill {kill}";
            bool endsCalls = random.Next(2) == 0;

            // A slow Mattermost makes it likely to be killed between a post and the note of its id.
            _mattermost.Faults.Clear();
            _mattermost.Faults.Add(new EndpointFault { Method = "POST", PathPrefix = "/api/v4/posts", Latency = TimeSpan.FromMilliseconds(random.Next(200)) });
            await using CallsProcess service = Start(databaseUrl, endsCalls);
            if (random.Next(6) > 0)
            {
                Uri url = await UrlAsync(service);
                Assert.True(rows().Served.Count == 0, $"{when}: {string.Join(", ", rows().Served)} count on a process that is gone");
                await ActAsync(url, random, service);
            }

            await service.KillAsync();
        }

        _mattermost.Faults.Clear();
        await using CallsProcess last = Start(databaseUrl, endsCalls: true);
        await UrlAsync(last);
        var elapsed = Stopwatch.StartNew();
        while (Posts().Any(IsOngoing))
        {
            Assert.True(elapsed.Elapsed < ClearedUp, $"seed {seed}: a post says that a call goes on: {string.Join('\n', Posts().Where(IsOngoing))}");
            await Task.Yield();
        }

        rows().CheckNothingIsLeft();
        Assert.NotEmpty(Posts());
    }

    // Everybody acts at random until one of them has done the last thing before the kill.
    private async Task ActAsync(Uri url, Random random, CallsProcess service)
    {
        int left = random.Next(1, ActionsAtMost);
        var kill = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task[] users = [.. Users.Select(user => UserAsync(url, user, new Random(random.Next()), () => Interlocked.Decrement(ref left) <= 0, kill))];
        await kill.Task.WaitAsync(Limits.Test);
        await service.KillAsync();
        await Task.WhenAll(users);
    }

    private async Task UserAsync(Uri url, string user, Random random, Func<bool> isLast, TaskCompletionSource kill)
    {
        string[] channels = [_mattermost.Seed.OffTopicId, _mattermost.Seed.TownSquareId];
        ClientSocket? socket = null;
        try
        {
            while (!kill.Task.IsCompleted)
            {
                socket ??= await ClientSocket.OpenGreetedAsync(url, _mattermost.LogIn(user));
                string action = Actions[random.Next(Actions.Length)];
                if (action == "cut")
                {
                    await socket.DisposeAsync();
                    socket = null;
                }
                else
                {
                    await socket.SendAsync(action, new { channelID = channels[random.Next(channels.Length)], data = "{}" });
                    await WaitAsync(socket, action, random);
                }

                if (isLast())
                {
                    kill.TrySetResult();
                }
            }
        }
        catch (Exception) when (kill.Task.IsCompleted)
        {
            // The service was killed under the client's hands.
        }
        catch (Exception failure)
        {
            kill.TrySetException(failure);
        }
        finally
        {
            await (socket?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    // Mostly as a client does, which acts after the answer; sometimes before.
    private static async Task WaitAsync(ClientSocket socket, string action, Random random)
    {
        if (random.Next(4) == 0)
        {
            return;
        }

        await socket.SyncAsync();
        if (action == "join")
        {
            while (!socket.Names.Any(static name => name is "join" or "error"))
            {
                await socket.SyncAsync();
            }

            socket.TakeAll();
        }
    }

    private IEnumerable<JsonElement> Posts() =>
        _mattermost.PostsIn(_mattermost.Seed.OffTopicId).Concat(_mattermost.PostsIn(_mattermost.Seed.TownSquareId))
            .Where(static post => post.GetProperty("type").GetString() == "custom_calls");

    private static bool IsOngoing(JsonElement post) => !post.GetProperty("props").TryGetProperty("end_at", out _);

    private static async Task<Uri> UrlAsync(CallsProcess service) => new(GatewayAddress().Match(await service.ErrorLineAsync("Gateway on")).Value);

    private CallsProcess Start(string databaseUrl, bool endsCalls) => CallsProcess.Start(
        _folder,
        new Dictionary<string, string>
        {
            ["MM_CALLS_HTTP_LISTEN"] = "127.0.0.1:0",
            ["MM_CALLS_ADMIN_LISTEN"] = "127.0.0.1:0",
            ["MM_CALLS_MATTERMOST_URL"] = _mattermost.Url.ToString(),
            ["MM_CALLS_BOT_TOKEN"] = _mattermost.BotToken,
            ["MM_CALLS_DATABASE_URL"] = databaseUrl,
            ["MM_CALLS_UDP_SERVER_ADDRESS"] = "127.0.0.1",
            ["MM_CALLS_UDP_SERVER_PORT"] = CallsProcess.FreeMediaPort().ToString(CultureInfo.InvariantCulture),
            ["MM_CALLS_DEFAULT_ENABLED"] = "true",
            ["MM_CALLS_END_CALLS_ON_START"] = endsCalls ? "true" : "false",
        },
        "serve");

    [GeneratedRegex("http://127\\.0\\.0\\.1:[0-9]+")]
    private static partial Regex GatewayAddress();
}
