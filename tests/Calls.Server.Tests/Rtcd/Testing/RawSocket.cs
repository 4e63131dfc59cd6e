using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Calls.Server.Tests.Mattermost.Testing;

namespace Calls.Server.Tests.Rtcd.Testing;

/// <summary>A WebSocket client that does only what a test tells it, right or wrong.</summary>
internal sealed class RawSocket : IAsyncDisposable
{
    private readonly TcpClient _tcp = new();

    public string ResponseHead { get; private set; } = "";

    /// <summary>Sends an upgrade request; the answer's head is in <see cref="ResponseHead"/>.</summary>
    public static async Task<RawSocket> OpenAsync(Uri address, string path, params string[] headers)
    {
        var socket = new RawSocket();
        await socket._tcp.ConnectAsync(address.Host, address.Port);
        string[] all = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Extensions: permessage-deflate", .. headers];
        string request = $"GET {path} HTTP/1.1\r\nHost: {address.Authority}\r\n{string.Join("\r\n", all)}\r\n\r\n";
        await socket._tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await socket.FillAsync(one);
            head.Append((char)one[0]);
        }

        socket.ResponseHead = head.ToString();
        return socket;
    }

    public Task SendAsync(int opcode, byte[] payload, bool isFinal = true, bool isMasked = true, ulong? claimedLength = null)
    {
        using var frame = new MemoryStream();
        frame.WriteByte((byte)((isFinal ? 0x80 : 0) | opcode));
        ulong length = claimedLength ?? (ulong)payload.Length;
        byte mask = (byte)(isMasked ? 0x80 : 0);
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, length);
        if (length <= 125)
        {
            frame.WriteByte((byte)(mask | (byte)length));
        }
        else if (length <= ushort.MaxValue)
        {
            frame.WriteByte((byte)(mask | 126));
            frame.Write(bytes[6..]);
        }
        else
        {
            frame.WriteByte((byte)(mask | 127));
            frame.Write(bytes);
        }

        if (isMasked)
        {
            frame.Write([1, 2, 3, 4]);
            payload = [.. payload.Select(static (octet, i) => (byte)(octet ^ ((i & 3) + 1)))];
        }

        frame.Write(payload);
        return _tcp.GetStream().WriteAsync(frame.ToArray()).AsTask();
    }

    /// <summary>The next frame; <c>null</c> = the connection is over.</summary>
    public async Task<(int Opcode, byte[] Payload)?> ReceiveAsync()
    {
        try
        {
            byte[] header = new byte[2];
            await FillAsync(header);
            Assert.Equal(0x80, header[0] & 0xF0); // whole, and no extension
            int length = header[1];
            if (length == 126)
            {
                byte[] extended = new byte[2];
                await FillAsync(extended);
                length = BinaryPrimitives.ReadUInt16BigEndian(extended);
            }

            byte[] payload = new byte[length];
            await FillAsync(payload);
            return (header[0] & 0x0F, payload);
        }
        catch (Exception over) when (over is EndOfStreamException or IOException)
        {
            return null;
        }
    }

    public ValueTask DisposeAsync()
    {
        _tcp.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task FillAsync(byte[] buffer)
    {
        using var limit = new CancellationTokenSource(Limits.Test);
        await _tcp.GetStream().ReadExactlyAsync(buffer, limit.Token);
    }
}
