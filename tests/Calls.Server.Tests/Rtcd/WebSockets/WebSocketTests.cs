using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;
using Calls.Rtcd.Protocol;
using Calls.Server.Rtcd.WebSockets;
using Calls.Server.Tests.Rtcd.Testing;

namespace Calls.Server.Tests.Rtcd.WebSockets;

/// <summary>rtcd's WebSocket, from the handshake to the end of a connection.</summary>
public sealed class WebSocketTests : IAsyncLifetime
{
    private const int Binary = 2;
    private const int Close = 8;
    private const int Ping = 9;
    private const int Pong = 10;

    private RtcdSite _site = null!;

    private static string Authorization => $"Authorization: {RtcdSite.Basic("clientA", RtcdSite.KeyA)}";

    public async Task InitializeAsync()
    {
        _site = await RtcdSite.StartAsync();
        await _site.RegisterAsync("clientA");
    }

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    [Trait("Spec", "rtcd-11")]
    public async Task The_scheme_Bearer_has_a_capital()
    {
        string token = (string)(await _site.PostAsync("/login", $$"""{"clientID":"clientA","authKey":"{{RtcdSite.KeyA}}"}""")).Answer["bearerToken"]!;

        Assert.StartsWith("HTTP/1.1 401 ", (await OpenAsync("/ws", $"Authorization: bearer {token}")).ResponseHead, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 101 ", (await OpenAsync("/ws", $"Authorization: Bearer {token}")).ResponseHead, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Spec", "rtcd-12")]
    public async Task Credentials_in_the_query_are_not_read()
    {
        RawSocket socket = await OpenAsync($"/ws?clientID=clientA&authKey={RtcdSite.KeyA}&authorization=x");

        Assert.StartsWith("HTTP/1.1 401 ", socket.ResponseHead, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Spec", "rtcd-13")]
    public async Task The_first_frame_is_the_greeting()
    {
        RawSocket socket = await OpenAsync("/ws", Authorization);
        Assert.StartsWith("HTTP/1.1 101 ", socket.ResponseHead, StringComparison.Ordinal);
        Assert.Contains("Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=", socket.ResponseHead, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Extensions", socket.ResponseHead, StringComparison.OrdinalIgnoreCase);

        (int opcode, byte[] payload) = (await socket.ReceiveAsync())!.Value;

        Assert.Equal(Binary, opcode);
        Assert.StartsWith("A568656C6C6F82", Convert.ToHexString(payload), StringComparison.Ordinal);
        Assert.Equal(RtcdReadResult.Ok, RtcdMessageReader.TryRead(payload, out RtcdMessage? message));
        HelloMessage hello = Assert.IsType<HelloMessage>(message);
        Assert.Equal("clientA", hello.ClientId);
        Assert.Matches("^[ybndrfg8ejkmcpqxot1uwisza345h769]{26}$", hello.ConnectionId);
    }

    [Theory]
    [InlineData("http://evil.example.org", "403")]
    [InlineData("null", "403")]
    [InlineData(null, "101")]
    [InlineData("same", "101")]
    [Trait("Spec", "rtcd-14")]
    public async Task A_page_of_another_host_is_refused(string? origin, string status)
    {
        string[] headers = origin is null ? [Authorization] : [Authorization, $"Origin: {(origin == "same" ? _site.Address.GetLeftPart(UriPartial.Authority) : origin)}"];

        Assert.StartsWith($"HTTP/1.1 {status} ", (await OpenAsync("/ws", headers)).ResponseHead, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_WebSocket_request_is_told_the_version()
    {
        using HttpResponseMessage response = await _site.SendAsync(HttpMethod.Get, "/ws", RtcdSite.Basic("clientA", RtcdSite.KeyA), null);

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal(["13"], response.Headers.GetValues("Sec-WebSocket-Version"));
    }

    [Fact]
    [Trait("Spec", "rtcd-15")]
    public async Task A_client_that_sends_data_but_no_pongs_is_cut_after_20_s()
    {
        RawSocket socket = await OpenAsync("/ws", Authorization);
        await socket.ReceiveAsync();
        for (int second = 1; second < 20; second++)
        {
            _site.Time.Advance(TimeSpan.FromSeconds(1));
            await socket.SendAsync(Binary, RtcdMessageWriter.ToBytes(new LeaveMessage("nobody")));
        }

        Assert.Equal((Ping, 0), await NextAsync(socket)); // the one after 10 s
        _site.Time.Advance(TimeSpan.FromSeconds(1.5));
        (int, int)? last = await NextAsync(socket);
        Assert.True(last is null || (last == (Ping, 0) && await NextAsync(socket) is null), $"{last}");
    }

    [Fact]
    public async Task A_client_that_answers_pings_stays()
    {
        RawSocket socket = await OpenAsync("/ws", Authorization);
        await socket.ReceiveAsync();
        for (int i = 0; i < 10; i++)
        {
            _site.Time.Advance(RtcdConnection.PingInterval);
            Assert.Equal((Ping, 0), await NextAsync(socket));
            await socket.SendAsync(Pong, []);
            await socket.SendAsync(Ping, [7]); // answered once the pong before it was read
            Assert.Equal((Pong, 1), await NextAsync(socket));
        }
    }

    [Fact]
    [Trait("Spec", "rtcd-16")]
    public async Task A_message_above_1_MiB_ends_the_connection_with_1009()
    {
        RtcdSocket socket = await _site.ConnectAsync();
        await socket.SendAsync(new byte[RtcdConnection.MaxMessageBytes], WebSocketMessageType.Binary); // the longest there may be
        await socket.SyncAsync();

        await socket.SendAsync(new byte[RtcdConnection.MaxMessageBytes + 1], WebSocketMessageType.Binary);

        await socket.EndedAsync();
        Assert.Equal(1009, socket.CloseCode);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1024 * 1024 + 1)]
    public async Task A_false_length_ends_the_connection_before_anything_is_reserved(ulong length)
    {
        RawSocket socket = await OpenAsync("/ws", Authorization);
        await socket.ReceiveAsync();

        await socket.SendAsync(Binary, [], claimedLength: length);

        Assert.Equal(1009, await CloseCodeAsync(socket));
    }

    [Fact]
    public async Task Fragments_are_bounded_together()
    {
        RawSocket socket = await OpenAsync("/ws", Authorization);
        await socket.ReceiveAsync();
        await socket.SendAsync(Binary, new byte[600_000], isFinal: false);

        await socket.SendAsync(0, new byte[600_000]);

        Assert.Equal(1009, await CloseCodeAsync(socket));
    }

    [Theory]
    [InlineData(Binary, true, false)] // not masked
    [InlineData(0, true, true)] // continues nothing
    [InlineData(Ping, false, true)] // a control frame in pieces
    [InlineData(3, true, true)] // no such frame
    public async Task A_frame_against_the_protocol_ends_the_connection_with_1002(int opcode, bool isFinal, bool isMasked)
    {
        RawSocket socket = await OpenAsync("/ws", Authorization);
        await socket.ReceiveAsync();

        await socket.SendAsync(opcode, [], isFinal, isMasked);

        Assert.Equal(1002, await CloseCodeAsync(socket));
    }

    [Fact]
    public async Task A_fragmented_message_with_a_ping_in_between_is_one_message()
    {
        RawSocket socket = await OpenAsync("/ws", Authorization);
        await socket.ReceiveAsync();
        byte[] join = RtcdMessageWriter.ToBytes(new JoinMessage("", "u", "probe"));
        await socket.SendAsync(Binary, join[..5], isFinal: false);
        await socket.SendAsync(Ping, [42]);
        await socket.SendAsync(0, join[5..]);

        Assert.Equal((Pong, 1), await NextAsync(socket));
        Assert.Equal(RtcdMessageWriter.ToBytes(new CloseMessage("probe")), (await socket.ReceiveAsync())!.Value.Payload);
    }

    [Fact]
    [Trait("Spec", "rtcd-17")]
    public async Task What_cannot_be_understood_is_ignored_and_the_connection_stays()
    {
        RtcdSocket socket = await _site.ConnectAsync();
        await socket.SendAsync(Encoding.UTF8.GetBytes("{}"), WebSocketMessageType.Text);
        await socket.SendAsync([], WebSocketMessageType.Binary);
        await socket.SendAsync([0xA3, (byte)'x', (byte)'y', (byte)'z', 0x80], WebSocketMessageType.Binary);
        await socket.SendAsync([0xA4, (byte)'j', (byte)'o', (byte)'i', (byte)'n', 0xDF, 0xFF, 0xFF, 0xFF, 0xFF], WebSocketMessageType.Binary);

        await socket.JoinAsync("s1");
        await socket.SyncAsync();

        Assert.Equal(1, _site.Host.Media.SessionCount);
    }

    [Fact]
    [Trait("Spec", "rtcd-20")]
    public async Task A_leave_without_a_session_does_nothing()
    {
        RtcdSocket socket = await _site.ConnectAsync();
        await socket.JoinAsync("s1");

        await socket.SendAsync(Convert.FromHexString("A56C6561766580"), WebSocketMessageType.Binary);
        await socket.SendAsync(Convert.FromHexString("A56C65617665C0"), WebSocketMessageType.Binary);

        await socket.SyncAsync();
        Assert.Equal(1, _site.Host.Media.SessionCount);
    }

    [Fact]
    public async Task A_close_is_echoed_with_its_code()
    {
        RawSocket socket = await OpenAsync("/ws", Authorization);
        await socket.ReceiveAsync();

        await socket.SendAsync(Close, [0x0F, 0xA1, (byte)'b', (byte)'y', (byte)'e']);

        Assert.Equal(4001, await CloseCodeAsync(socket));
        Assert.Null(await socket.ReceiveAsync());
    }

    [Fact]
    public async Task Random_frames_never_reach_more_than_their_own_connection()
    {
        RtcdSocket bystander = await _site.ConnectAsync();
        var random = new Random(77);
        for (int i = 0; i < 40; i++)
        {
            await using RawSocket socket = await RawSocket.OpenAsync(_site.Address, "/ws", Authorization);
            byte[] noise = new byte[random.Next(2_000)];
            random.NextBytes(noise);
            try
            {
                await socket.SendAsync(random.Next(16), noise, random.Next(2) == 0, random.Next(4) > 0);
                await socket.SendAsync(random.Next(16), noise);
            }
            catch (IOException)
            {
                // The server has already had enough.
            }
        }

        await bystander.SyncAsync();
    }

    private async Task<RawSocket> OpenAsync(string path, params string[] headers) => _site.Own(await RawSocket.OpenAsync(_site.Address, path, headers));

    private static async Task<(int Opcode, int Length)?> NextAsync(RawSocket socket) =>
        await socket.ReceiveAsync() is { } frame ? (frame.Opcode, frame.Payload.Length) : null;

    private static async Task<int> CloseCodeAsync(RawSocket socket)
    {
        (int opcode, byte[] payload) = (await socket.ReceiveAsync())!.Value;
        Assert.Equal(Close, opcode);
        return BinaryPrimitives.ReadUInt16BigEndian(payload);
    }
}
