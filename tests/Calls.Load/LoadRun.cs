using System.Diagnostics;
using System.Net.Sockets;
using Calls.Rtc.Dtls;

namespace Calls.Load;

/// <summary>One run: join everybody, let them settle, measure, report.</summary>
internal sealed class LoadRun(LoadOptions options)
{
    private const int PacketMs = 20;
    private const int SettleMs = 4_000;
    private const int JoinLimitMs = 60_000;

    private readonly LoadReport _report = new();
    private readonly List<LoadClient> _clients = [];
    private readonly Dictionary<string, LoadClient> _bySession = [];
    private readonly Dictionary<Socket, LoadClient> _bySocket = [];
    private long _nextSpeechMs;

    private static long NowMs => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);

    /// <returns>The report, or <c>null</c> if not everybody could join.</returns>
    public async Task<string?> RunAsync()
    {
        using var server = new MediaConnection();
        await server.Ready;
        ServerStatistics idle = await server.ReadStatisticsAsync();
        using var certificate = DtlsCertificate.Create(DateTimeOffset.UtcNow);
        using var dtls = new DtlsContext(certificate);
        try
        {
            for (int user = 0; user < options.Users; user++)
            {
                for (int call = 0; call < options.Calls; call++)
                {
                    Join(server, dtls, call, user);
                    Turn(server, NowMs + 5);
                }
            }

            int expectedListeners = options.Unmuted == 1 ? _clients.Count - options.Calls : _clients.Count;
            Turn(server, NowMs + JoinLimitMs, () => _report.Open == _clients.Count && _report.FirstPacketMs.Count >= expectedListeners);
            if (_report.Open < _clients.Count)
            {
                return null;
            }

            Turn(server, NowMs + SettleMs);
            ServerStatistics before = await server.ReadStatisticsAsync();
            long sentBefore = _report.Sent;
            _report.IsMeasuring = true;
            Turn(server, NowMs + (options.Seconds * 1000L));
            _report.IsMeasuring = false;
            ServerStatistics after = await server.ReadStatisticsAsync();
            long expected = (_report.Sent - sentBefore) * (options.Users - 1);
            return _report.Describe(options, expected, idle, before, after);
        }
        finally
        {
            _clients.ForEach(static client => client.Dispose());
        }
    }

    private void Join(MediaConnection server, DtlsContext dtls, int call, int user)
    {
        string session = $"c{call}u{user}";
        var client = new LoadClient(session, $"call-{call}", speaks: user < options.Unmuted, dtls, server, _report, NowMs);
        _clients.Add(client);
        _bySession.Add(session, client);
        _bySocket.Add(client.Socket, client);
    }

    /// <summary>Moves everything until a time, or until a condition holds.</summary>
    private void Turn(MediaConnection server, long untilMs, Func<bool>? until = null)
    {
        var readable = new List<Socket>();
        for (long nowMs = NowMs; nowMs < untilMs && until?.Invoke() != true; nowMs = NowMs)
        {
            while (server.Messages.TryDequeue(out (string Session, byte[] Json) message))
            {
                _bySession[message.Session].Client.ReceiveSignal(message.Json, nowMs);
            }

            readable.Clear();
            readable.AddRange(_bySocket.Keys);
            Socket.Select(readable, null, null, microSeconds: 1_000);
            nowMs = NowMs;
            foreach (Socket socket in readable)
            {
                _bySocket[socket].Receive(nowMs);
            }

            bool speaks = nowMs >= _nextSpeechMs;
            _nextSpeechMs = speaks ? Math.Max(_nextSpeechMs + PacketMs, nowMs - PacketMs) : _nextSpeechMs;
            foreach (LoadClient client in _clients)
            {
                if (speaks)
                {
                    client.Speak(nowMs);
                }

                if (client.Client.DeadlineMs <= nowMs)
                {
                    client.Client.HandleDeadline(nowMs);
                }
            }
        }
    }
}
