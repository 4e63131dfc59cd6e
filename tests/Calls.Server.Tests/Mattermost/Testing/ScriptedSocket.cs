using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Calls.Server.Tests.Mattermost.Testing;

/// <summary>Mattermost's end of one socket, played by a test.</summary>
public sealed class ScriptedSocket(WebSocket socket, string query, string path, IHeaderDictionary headers)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Query => query;

    public string Path => path;

    public IHeaderDictionary Headers { get; } = new HeaderDictionary(headers.ToDictionary());

    public Task Ended => _ended.Task;

    public static string Hello(string connection, string user) =>
        $$$"""{"event": "hello", "data": {"connection_id":"{{{connection}}}","server_version":"11.6.0"}, "broadcast": {"omit_users":null,"user_id":"{{{user}}}","channel_id":"","team_id":"","connection_id":"","omit_connection_id":""}, "seq": 0}""";

    public static string Event(string name, long seq, string data = "{}", string channel = "") =>
        $$$"""{"event":"{{{name}}}","data":{{{data}}},"broadcast":{"omit_users":null,"user_id":"","channel_id":"{{{channel}}}","team_id":"","connection_id":"","omit_connection_id":""},"seq":{{{seq}}}}""" + "\n";

    public Task SendAsync(string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None).WaitAsync(Limits.Test);

    /// <summary>The next message; <c>null</c> when the gateway closed, with the close answered.</summary>
    public async Task<byte[]?> ReceiveBytesAsync()
    {
        byte[] buffer = new byte[256 * 1024];
        try
        {
            WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(Limits.Test);
            LastType = result.MessageType;
            if (result.MessageType != WebSocketMessageType.Close)
            {
                return buffer[..result.Count];
            }

            CloseCode = (int?)result.CloseStatus;
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (WebSocketException)
        {
            // Cut without a close frame.
        }

        _ended.TrySetResult();
        return null;
    }

    public WebSocketMessageType LastType { get; private set; }

    public int? CloseCode { get; private set; }

    public async Task<string?> ReceiveAsync() => await ReceiveBytesAsync() is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>Answers the request that proves a resume.</summary>
    public async Task AnswerProbeAsync()
    {
        string probe = (await ReceiveAsync())!;
        Assert.Matches("^\\{\"action\":\"ping\",\"seq\":9007199254\\d+\\}$", probe);
        string number = probe.Split(':')[^1].TrimEnd('}');
        await SendAsync($$$"""{"status":"OK","data":{"text":"pong"},"seq_reply":{{{number}}}}""");
    }

    /// <summary>Ends as a crashed Mattermost does.</summary>
    public void Cut()
    {
        socket.Abort();
        _ended.TrySetResult();
    }
}
