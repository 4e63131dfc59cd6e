using System.Net.Sockets;
using System.Text;

namespace Calls.StandIn.Tests.Kit;

/// <summary>A WebSocket client at byte level: answers pings only when told to, sends frames that a good client never would.</summary>
internal sealed class RawSocket : IDisposable
{
    private readonly TcpClient _tcp = new();
    private NetworkStream _stream = null!;

    public string UpgradeAnswer { get; private set; } = "";

    public static async Task<RawSocket> OpenAsync(Uri url, string? token, string extraHeaders = "", string query = "")
    {
        var socket = new RawSocket();
        await socket._tcp.ConnectAsync(url.Host, url.Port);
        socket._stream = socket._tcp.GetStream();
        string authorization = token is null ? "" : $"Authorization: Bearer {token}\r\n";
        await socket._stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"GET /api/v4/websocket{query} HTTP/1.1\r\nHost: {url.Authority}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n" +
            $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{authorization}{extraHeaders}\r\n"));
        var answer = new StringBuilder();
        byte[] one = new byte[1];
        while (!answer.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await socket._stream.ReadAsync(one) == 1)
        {
            answer.Append((char)one[0]);
        }

        socket.UpgradeAnswer = answer.ToString();
        return socket;
    }

    /// <summary>The next frame's opcode and payload, or <c>null</c> when the connection ended.</summary>
    public async Task<(int Opcode, byte[] Payload)?> ReadAsync()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            byte[] header = new byte[2];
            await _stream.ReadExactlyAsync(header, timeout.Token);
            int length = header[1] & 0x7F;
            if (length >= 126)
            {
                byte[] extended = new byte[length == 126 ? 2 : 8];
                await _stream.ReadExactlyAsync(extended, timeout.Token);
                length = extended.Aggregate(0, (sum, b) => (sum << 8) | b);
            }

            byte[] payload = new byte[length];
            await _stream.ReadExactlyAsync(payload, timeout.Token);
            return (header[0] & 0x0F, payload);
        }
        catch (Exception exception) when (exception is IOException or EndOfStreamException)
        {
            return null;
        }
    }

    /// <summary>Sends one frame with the given first byte, masked unless told otherwise.</summary>
    public async Task SendAsync(byte first, byte[] payload, bool isMasked = true)
    {
        var frame = new List<byte> { first };
        int mask = isMasked ? 0x80 : 0;
        if (payload.Length < 126)
        {
            frame.Add((byte)(mask | payload.Length));
        }
        else
        {
            frame.AddRange([(byte)(mask | 126), (byte)(payload.Length >> 8), (byte)payload.Length]);
        }

        if (isMasked)
        {
            frame.AddRange([1, 2, 3, 4]);
        }

        frame.AddRange(payload.Select((b, i) => isMasked ? (byte)(b ^ (1 + (i & 3))) : b));
        await _stream.WriteAsync(frame.ToArray());
    }

    public Task SendTextAsync(string text) => SendAsync(0x81, Encoding.UTF8.GetBytes(text));

    /// <summary>True when there is neither data nor an end to read right now.</summary>
    public bool IsSilent => !_tcp.Client.Poll(0, SelectMode.SelectRead);

    public void Dispose() => _tcp.Dispose();
}
