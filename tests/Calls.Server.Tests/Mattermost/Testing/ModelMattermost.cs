using System.Globalization;
using System.Net.WebSockets;
using System.Text;

namespace Calls.Server.Tests.Mattermost.Testing;

/// <summary>Mattermost's rules for resuming (signaling.md 1.12) without anything else: one user, sockets in memory.</summary>
internal sealed class ModelMattermost(string user)
{
    private const int RingSize = 128;
    private const int QueueSize = 256;

    private readonly Lock _gate = new();
    private readonly List<Connection> _connections = [];
    private long _emitted;

    /// <summary>Answers an upgrade with Mattermost's end handled by the model.</summary>
    public WebSocket Dial(string connectionId, long sequence)
    {
        (MemoryWebSocket gatewayEnd, MemoryWebSocket end) = MemoryWebSocket.CreatePair();
        lock (_gate)
        {
            Connection? known = _connections.Find(connection => connection.Id == connectionId && connection.Socket is null);
            if (known is not null && (sequence == known.Next || known.Ring.ContainsKey(sequence)))
            {
                known.Socket = end;
                for (long number = sequence; number < known.Next; number++)
                {
                    Write(end, known.Ring[number]);
                }

                while (known.Queue.TryDequeue(out long queued))
                {
                    WriteEvent(known, queued);
                }

                _ = ReadAsync(known, end);
                return gatewayEnd;
            }

            if (known is not null)
            {
                _connections.Remove(known);
            }

            var fresh = new Connection { Id = Guid.NewGuid().ToString("N")[..26], Socket = end };
            _connections.Add(fresh);
            string hello = ScriptedSocket.Hello(fresh.Id, user);
            fresh.Ring[0] = hello;
            fresh.Next = 1;
            Write(end, hello);
            _ = ReadAsync(fresh, end);
            return gatewayEnd;
        }
    }

    /// <summary>One event for the user, on all connections, dead ones included.</summary>
    public void Emit()
    {
        lock (_gate)
        {
            _emitted++;
            foreach (Connection connection in _connections.ToArray())
            {
                if (connection.Socket is not null)
                {
                    WriteEvent(connection, _emitted);
                }
                else if (connection.Queue.Count < QueueSize)
                {
                    connection.Queue.Enqueue(_emitted);
                }
                else
                {
                    _connections.Remove(connection);
                }
            }
        }
    }

    /// <summary>All sockets are cut and all connections forgotten.</summary>
    public void Restart()
    {
        lock (_gate)
        {
            foreach (Connection connection in _connections)
            {
                connection.Socket?.Abort();
            }

            _connections.Clear();
        }
    }

    /// <summary>The sockets are cut; frames under way are lost.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            foreach (Connection connection in _connections)
            {
                connection.Socket?.Abort();
                connection.Socket = null;
            }
        }
    }

    private async Task ReadAsync(Connection connection, MemoryWebSocket socket)
    {
        byte[] buffer = new byte[8192];
        try
        {
            while (true)
            {
                WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, CancellationToken.None);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }

                string request = Encoding.UTF8.GetString(buffer, 0, result.Count);
                string number = request.Split("\"seq\":")[1].TrimEnd('}');
                lock (_gate)
                {
                    Write(socket, string.Create(CultureInfo.InvariantCulture, $$"""{"status":"OK","seq_reply":{{number}}}"""));
                }
            }
        }
        catch (WebSocketException)
        {
            // Cut.
        }

        lock (_gate)
        {
            if (connection.Socket == socket)
            {
                connection.Socket = null;
            }
        }

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }

    private static void WriteEvent(Connection connection, long emitted)
    {
        string text = ScriptedSocket.Event("native", connection.Next, $$"""{"n":{{emitted}}}""");
        connection.Ring[connection.Next] = text;
        connection.Ring.Remove(connection.Next - RingSize);
        connection.Next++;
        Write(connection.Socket!, text);
    }

    private static void Write(MemoryWebSocket socket, string text)
    {
        try
        {
            _ = socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);
        }
        catch (WebSocketException)
        {
            // Written to a socket that is dead already: lost in flight.
        }
    }

    private sealed class Connection
    {
        public required string Id { get; init; }

        public MemoryWebSocket? Socket { get; set; }

        public SortedDictionary<long, string> Ring { get; } = [];

        public Queue<long> Queue { get; } = new();

        public long Next { get; set; }
    }
}
