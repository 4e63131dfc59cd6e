using System.Buffers;
using System.IO.Compression;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Calls.MessagePack;
using Calls.Server.Commands;
using Calls.Server.Configuration;
using Calls.StandIn;
using Microsoft.Extensions.Logging;

namespace Calls.Server.Tests.EndToEnd;

/// <summary>A client's first offer through the whole service: gateway, signaling, media server and back.</summary>
public sealed class FirstOfferTests : IAsyncLifetime
{
    private const string Prefix = "custom_com.mattermost.calls_";
    private const string Candidate = """{"candidate":"candidate:1 1 udp 2113937151 192.0.2.7 50000 typ host","sdpMid":"0","sdpMLineIndex":0}""";

    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(60));
    private readonly string _folder = Directory.CreateTempSubdirectory("calls-e2e-").FullName;
    private readonly ClientWebSocket _socket = new();
    private StandInMattermost? _mattermost;
    private Sidecar? _sidecar;
    private int _seq;

    public async Task InitializeAsync()
    {
        _mattermost = await StandInMattermost.StartAsync(new(), _limit.Token);
        var options = new SidecarOptions
        {
            HttpListen = [new(IPAddress.Loopback, 0)],
            AdminListen = null,
            MattermostUrl = _mattermost.Url,
            BotToken = _mattermost.BotToken,
            DatabaseFile = Path.Combine(_folder, "calls.db"),
            LogLevel = LogLevel.Error,
        };
        _sidecar = await Sidecar.StartAsync(
            options,
            new CallsSettings { DefaultEnabled = true, ICEServersConfigs = [] },
            new() { ListenAddresses = [IPAddress.Loopback], UdpPort = 0 },
            addRoutes: null,
            _limit.Token);
        _socket.Options.SetRequestHeader("Authorization", $"Bearer {_mattermost.LogIn("alice")}");
        await _socket.ConnectAsync(new UriBuilder(_sidecar.Addresses[0]) { Scheme = "ws", Path = "/api/v4/websocket" }.Uri, _limit.Token);
    }

    public async Task DisposeAsync()
    {
        _socket.Dispose();
        await _sidecar!.DisposeAsync();
        await _mattermost!.DisposeAsync();
        _limit.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    [Trait("Spec", "signaling-35")]
    [Trait("Spec", "signaling-36")]
    public async Task An_offer_is_answered_with_candidates_and_those_of_the_client_are_accepted_in_both_encodings()
    {
        string session = (await EventAsync("hello")).GetProperty("data").GetProperty("connection_id").GetString()!;
        await SendTextAsync("join", $$"""{"channelID":"{{_mattermost!.Seed.TownSquareId}}"}""");
        await EventAsync(Prefix + "join");

        string offer = File.ReadAllText(Path.Combine(Root(), "tests/fixtures/sdp/chromium-client-offer-dc.sdp"));
        await SendBinaryAsync("sdp", Deflate(JsonSerializer.Serialize(new { type = "offer", sdp = offer })));
        JsonElement answer = await SignalAsync(session);
        JsonElement candidate = await SignalAsync(session);

        Assert.Equal("answer", answer.GetProperty("type").GetString());
        Assert.Equal("candidate", candidate.GetProperty("type").GetString());
        Assert.StartsWith("candidate:", candidate.GetProperty("candidate").GetProperty("candidate").GetString(), StringComparison.Ordinal);

        await SendTextAsync("ice", JsonSerializer.Serialize(new { data = Candidate }));
        await SendBinaryAsync("ice", Candidate);
        while (_sidecar!.Media.SignalingCounts(session).Candidates < 2)
        {
            _limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.Equal((2, 0), _sidecar.Media.SignalingCounts(session));
    }

    private static byte[] Deflate(string json)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal))
        {
            zlib.Write(Encoding.UTF8.GetBytes(json));
        }

        return compressed.ToArray();
    }

    private static string Root()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Plugin.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }

    private Task SendTextAsync(string action, string data) => _socket.SendAsync(
        Encoding.UTF8.GetBytes($$"""{"action":"{{Prefix}}{{action}}","seq":{{++_seq}},"data":{{data}}}"""), WebSocketMessageType.Text, true, _limit.Token);

    /// <param name="data">Text or bytes, as MessagePack <c>str</c> or <c>bin</c>.</param>
    private Task SendBinaryAsync(string action, object data)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteMapHeader(3);
        writer.WriteString("data");
        writer.WriteMapHeader(1);
        writer.WriteString("data");
        writer.WriteValue(data);
        writer.WriteString("action");
        writer.WriteString(Prefix + action);
        writer.WriteString("seq");
        writer.WriteInteger(++_seq);
        return _socket.SendAsync(buffer.WrittenMemory, WebSocketMessageType.Binary, true, _limit.Token).AsTask();
    }

    private async Task<JsonElement> SignalAsync(string session)
    {
        JsonElement signal = (await EventAsync(Prefix + "signal")).GetProperty("data");
        Assert.Equal(session, signal.GetProperty("connID").GetString());
        return JsonDocument.Parse(signal.GetProperty("data").GetString()!).RootElement;
    }

    private async Task<JsonElement> EventAsync(string name)
    {
        while (true)
        {
            using var message = new MemoryStream();
            byte[] buffer = new byte[16 * 1024];
            WebSocketReceiveResult part;
            do
            {
                part = await _socket.ReceiveAsync(buffer, _limit.Token);
                message.Write(buffer, 0, part.Count);
            }
            while (!part.EndOfMessage);

            JsonElement read = JsonDocument.Parse(message.ToArray()).RootElement;
            if (read.TryGetProperty("event", out JsonElement given) && given.GetString() == name)
            {
                return read;
            }
        }
    }
}
