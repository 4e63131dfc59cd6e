using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Calls.Server.Commands;
using Calls.Server.Configuration;
using Calls.StandIn;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Calls.Server.Tests.EndToEnd;

/// <summary>
/// What a killed process leaves: the database files are copied while a call runs, as a crash would leave them on the disk,
/// and a new process starts on the copy.
/// </summary>
public sealed class CrashTests : IAsyncLifetime
{
    private const string Prefix = "custom_com.mattermost.calls_";

    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(60));
    private readonly string _folder = Directory.CreateTempSubdirectory("calls-crash-").FullName;
    private readonly List<ClientWebSocket> _sockets = [];
    private StandInMattermost? _mattermost;

    public async Task InitializeAsync() => _mattermost = await StandInMattermost.StartAsync(new(), _limit.Token);

    public async Task DisposeAsync()
    {
        _sockets.ForEach(static socket => socket.Dispose());
        await _mattermost!.DisposeAsync();
        _limit.Dispose();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_call_is_rejoined_after_a_crash_and_the_dead_session_is_no_ghost()
    {
        await using Sidecar first = await StartAsync("first.db");
        JsonElement before = await JoinAsync(first, "alice");
        string crashed = Crash("first.db", "second.db");
        Assert.Equal(1, Count(crashed, "SELECT COUNT(*) FROM calls_sessions"));

        await using Sidecar second = await StartAsync("second.db");
        JsonElement after = await JoinAsync(second, "alice");

        Assert.Equal(before.GetProperty("id").GetString(), after.GetProperty("id").GetString());
        Assert.Equal(_mattermost!.Seed.AliceId, after.GetProperty("sessions").EnumerateArray().Single().GetProperty("user_id").GetString());
        Assert.Equal(1, Count(crashed, "SELECT COUNT(*) FROM calls_sessions"));
    }

    [Fact]
    public async Task A_start_that_ends_calls_leaves_no_session_and_no_running_call_or_post()
    {
        await using Sidecar first = await StartAsync("first.db");
        JsonElement before = await JoinAsync(first, "alice");
        string crashed = Crash("first.db", "second.db");

        await using Sidecar second = await StartAsync("second.db", endCallsOnStart: true);

        Assert.Equal(0, Count(crashed, "SELECT COUNT(*) FROM calls_sessions"));
        Assert.Equal(0, Count(crashed, "SELECT COUNT(*) FROM calls WHERE endat = 0"));

        // The post is edited in the background: Mattermost may be slow without holding up the start.
        string post = before.GetProperty("post_id").GetString()!;
        while (!_mattermost!.GetPost(post)!.Value.GetProperty("props").TryGetProperty("end_at", out _))
        {
            _limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private Task<Sidecar> StartAsync(string database, bool endCallsOnStart = false) => Sidecar.StartAsync(
        new SidecarOptions
        {
            HttpListen = [new(IPAddress.Loopback, 0)],
            AdminListen = null,
            MattermostUrl = _mattermost!.Url,
            BotToken = _mattermost.BotToken,
            DatabaseFile = Path.Combine(_folder, database),
            EndCallsOnStart = endCallsOnStart,
            LogLevel = LogLevel.Error,
        },
        new CallsSettings { DefaultEnabled = true, ICEServersConfigs = [] },
        new() { ListenAddresses = [IPAddress.Loopback], UdpPort = 0 },
        addRoutes: null,
        _limit.Token);

    private string Crash(string from, string to)
    {
        foreach (string suffix in (string[])["", "-wal"])
        {
            if (File.Exists(Path.Combine(_folder, from + suffix)))
            {
                File.Copy(Path.Combine(_folder, from + suffix), Path.Combine(_folder, to + suffix));
            }
        }

        return Path.Combine(_folder, to);
    }

    private static long Count(string database, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={database}");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    /// <returns>The call as the joiner is told it.</returns>
    private async Task<JsonElement> JoinAsync(Sidecar sidecar, string user)
    {
        var socket = new ClientWebSocket();
        _sockets.Add(socket);
        socket.Options.SetRequestHeader("Authorization", $"Bearer {_mattermost!.LogIn(user)}");
        await socket.ConnectAsync(new UriBuilder(sidecar.Addresses[0]) { Scheme = "ws", Path = "/api/v4/websocket" }.Uri, _limit.Token);
        string join = $$$"""{"action":"{{{Prefix}}}join","seq":1,"data":{"channelID":"{{{_mattermost.Seed.TownSquareId}}}"}}""";
        await socket.SendAsync(Encoding.UTF8.GetBytes(join), WebSocketMessageType.Text, true, _limit.Token);
        byte[] buffer = new byte[64 * 1024];
        while (true)
        {
            int length = 0;
            ValueWebSocketReceiveResult part;
            do
            {
                part = await socket.ReceiveAsync(buffer.AsMemory(length), _limit.Token);
                length += part.Count;
            }
            while (!part.EndOfMessage);

            JsonElement read = JsonDocument.Parse(buffer.AsMemory(0, length)).RootElement.Clone();
            if (read.TryGetProperty("event", out JsonElement name) && name.GetString() == Prefix + "call_state")
            {
                return JsonDocument.Parse(read.GetProperty("data").GetProperty("call").GetString()!).RootElement.Clone();
            }
        }
    }
}
