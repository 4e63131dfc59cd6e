using System.Diagnostics;
using System.Net.Sockets;
using Calls.Rtc.Dtls;

namespace Calls.Load;

/// <summary>One run: join everybody, let them settle, measure, report.</summary>
internal sealed class LoadRun(LoadOptions options)
{
    private const int PacketMs = 20;
    private const int JoinLimitMs = 60_000;
    private const int JoinerLimitMs = 5_000;
    private const int JoinerPauseMs = 100;

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

            Turn(server, NowMs + (options.WarmUp * 1000L));
            ServerStatistics before = await server.ReadStatisticsAsync();
            long sentBefore = _report.Sent;
            _report.IsMeasuring = true;
            Turn(server, NowMs + (options.Seconds * 1000L));
            _report.IsMeasuring = false;
            ServerStatistics after = await server.ReadStatisticsAsync();
            long expected = (_report.Sent - sentBefore) * (options.Users - 1);
            JoinOneByOne(server, dtls);
            return _report.Describe(options, expected, idle, before, after);
        }
        finally
        {
            _clients.ForEach(static client => client.Dispose());
        }
    }

    private void JoinOneByOne(MediaConnection server, DtlsContext dtls)
    {
        for (int i = 0; i < options.Joins; i++)
        {
            LoadClient joiner = Join(server, dtls, i % options.Calls, options.Users + i);
            Turn(server, NowMs + JoinerLimitMs, () => joiner.HeardAfterMs is not null);
            if (joiner.HeardAfterMs is { } heardAfter)
            {
                _report.JoinMs.Add(heardAfter);
            }

            joiner.Client.Close(NowMs);
            Turn(server, NowMs + JoinerPauseMs);
            _clients.Remove(joiner);
            _bySession.Remove(joiner.Session);
            _bySocket.Remove(joiner.Socket);
            joiner.Dispose();
        }
    }

    private LoadClient Join(MediaConnection server, DtlsContext dtls, int call, int user)
    {
        string session = $"c{call}u{user}";
        var client = new LoadClient(session, $"call-{call}", speaks: user < options.Unmuted, dtls, server, _report, NowMs);
        _clients.Add(client);
        _bySession.Add(session, client);
        _bySocket.Add(client.Socket, client);
        return client;
    }

    /// <summary>Moves everything until a time, or until a condition holds.</summary>
    private void Turn(MediaConnection server, long untilMs, Func<bool>? until = null)
    {
        var readable = new List<Socket>();
        for (long nowMs = NowMs; nowMs < untilMs && until?.Invoke() != true; nowMs = NowMs)
        {
            while (server.Messages.TryDequeue(out (string Session, byte[] Json) message))
            {
                if (_bySession.TryGetValue(message.Session, out LoadClient? client))
                {
                    client.Client.ReceiveSignal(message.Json, nowMs);
                }
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
            foreach (LoadClient participant in _clients)
            {
                if (speaks)
                {
                    participant.Speak(nowMs);
                }

                if (participant.Client.DeadlineMs <= nowMs)
                {
                    participant.Client.HandleDeadline(nowMs);
                }
            }
        }
    }
}
