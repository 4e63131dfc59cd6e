using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Calls.Browser.Tests.Interop;

/// <summary>Firefox's remote control: length-prefixed JSON on a TCP connection, one command at a time.</summary>
internal sealed class Marionette : IDisposable
{
    private readonly TcpClient _client = new();
    private readonly SemaphoreSlim _turn = new(1);
    private int _lastId;

    public async Task ConnectAsync(int port)
    {
        await _client.ConnectAsync(IPAddress.Loopback, port);
        await ReadAsync(); // its greeting
        await CallAsync("WebDriver:NewSession", new { });
    }

    /// <summary>Carries out a command of WebDriver.</summary>
    /// <exception cref="InvalidOperationException">Firefox could not; the text is its own.</exception>
    public async Task<JsonElement> CallAsync(string command, object parameters)
    {
        await _turn.WaitAsync();
        try
        {
            byte[] message = JsonSerializer.SerializeToUtf8Bytes(new[] { 0, ++_lastId, command, parameters });
            await _client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{message.Length}:"));
            await _client.GetStream().WriteAsync(message);

            // [1, id, error, result]
            JsonElement reply = await ReadAsync();
            return reply[2].ValueKind == JsonValueKind.Null ? reply[3] : throw new InvalidOperationException($"{command}: {reply[2]}");
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _turn.Dispose();
    }

    private async Task<JsonElement> ReadAsync()
    {
        NetworkStream stream = _client.GetStream();
        var length = new StringBuilder();
        byte[] digit = new byte[1];
        while (true)
        {
            await stream.ReadExactlyAsync(digit);
            if (digit[0] == (byte)':')
            {
                break;
            }

            length.Append((char)digit[0]);
        }

        byte[] message = new byte[int.Parse(length.ToString(), CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(message);
        return JsonDocument.Parse(message).RootElement;
    }
}
