using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Calls.Domain;
using Calls.Server.Mattermost;
using Calls.Server.Mattermost.Delivery;
using Calls.Server.Mattermost.Identity;
using Calls.Server.Mattermost.Relay;
using Calls.Server.Signaling;
using Calls.Server.Tests.Mattermost.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Calls.Server.Tests.Mattermost.Relay;

/// <summary>
/// The model check of mattermost-integration.md 3.6: whatever is cut or restarted, a strict client sees numbers without gap and,
/// between two greetings, every event once.
/// </summary>
public sealed class ResumeModelTests
{
    private const string User = "a";

    [Fact]
    public async Task Whatever_breaks_the_client_sees_each_event_once_and_in_order()
    {
        for (int seed = 1; seed <= 60; seed++)
        {
            await new Run(seed).PlayAsync(steps: 400);
        }
    }

    private sealed class Run(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly ModelMattermost _mattermost = new(User);
        private RelayContext _gateway = NewGateway();
        private MemoryWebSocket? _socket;
        private Task _pair = Task.CompletedTask;
        private string _connection = "";
        private long _next;
        private long _native = -1;
        private long _ours = -1;
        private long _published;

        public async Task PlayAsync(int steps)
        {
            for (int step = 0; step < steps; step++)
            {
                await StepAsync();
            }

            await SettleAsync();
        }

        private async Task StepAsync()
        {
            switch (_random.Next(100))
            {
                case < 35:
                    for (int burst = _random.Next(1, 6); burst > 0; burst--)
                    {
                        _mattermost.Emit();
                    }

                    break;
                case < 60:
                    Publish();
                    break;
                case < 80:
                    await ReadAsync(_random.Next(1, 10));
                    break;
                case < 87:
                    CutClient();
                    break;
                case < 91:
                    _mattermost.Cut();
                    break;
                case < 93:
                    _mattermost.Restart();
                    break;
                case < 94:
                    CutClient();
                    _mattermost.Cut();
                    await _pair;
                    _gateway = NewGateway();
                    break;
                case < 95:
                    // More than the ring and the queues hold.
                    for (int burst = 0; burst < 300; burst++)
                    {
                        _mattermost.Emit();
                    }

                    break;
                default:
                    await ConnectAsync();
                    break;
            }
        }

        private void Publish()
        {
            var delivery = new EventDelivery(_gateway.Registry, _gateway.Membership);
            delivery.Publish(new WireEvent(
                "ours", JsonSerializer.SerializeToElement(new { n = ++_published }), new EventTarget { User = new UserId(User) }));
        }

        private void CutClient()
        {
            _socket?.Abort();
            _socket = null;
        }

        // The client may think its socket dead while the gateway does not know yet.
        private async Task ConnectAsync()
        {
            MemoryWebSocket? old = _socket;
            ResumeQuery query = ResumeQuery.Parse($"connection_id={_connection}&sequence_number={_next}");
            (RelayConnection? resumed, long number) = await new Resumption(_gateway).ReserveAsync(query, User, CancellationToken.None);
            WebSocket upstream = resumed is null ? _mattermost.Dial("", 0) : _mattermost.Dial(_connection, number);
            (MemoryWebSocket gatewayEnd, MemoryWebSocket client) = MemoryWebSocket.CreatePair();
            var pair = new SocketPair(new FrameSocket(gatewayEnd, 8192), new FrameSocket(upstream, 1 << 20), _gateway.Timings, _gateway.Time)
            {
                Peer = new Peer("", ""),
                Probe = resumed is null ? 0 : CallsProtocol.FirstProbe + _random.Next(1, 1_000_000),
            };
            if (resumed?.Post(new ConnectionInput.PairAttached(pair, query.Next, User)) == false)
            {
                client.Abort();
            }

            _pair = pair.RunAsync(resumed ?? new RelayConnection(_gateway, pair, User));
            old?.Abort();
            _socket = client;
        }

        private async Task ReadAsync(int count)
        {
            byte[] buffer = new byte[64 * 1024];
            for (int read = 0; read < count && _socket is not null; read++)
            {
                using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(2));
                try
                {
                    WebSocketReceiveResult result = await _socket.ReceiveAsync(buffer, patience.Token);
                    if (result.MessageType != WebSocketMessageType.Close)
                    {
                        Check(Encoding.UTF8.GetString(buffer, 0, result.Count));
                        continue;
                    }

                    CutClient();
                }
                catch (OperationCanceledException)
                {
                    return;
                }
                catch (WebSocketException)
                {
                    CutClient();
                }
            }
        }

        private void Check(string text)
        {
            JsonElement frame = JsonDocument.Parse(text).RootElement;
            if (!frame.TryGetProperty("event", out JsonElement name))
            {
                return;
            }

            long seq = frame.GetProperty("seq").GetInt64();
            if (name.GetString() == "hello")
            {
                _connection = frame.GetProperty("data").GetProperty("connection_id").GetString()!;
                (_next, _native, _ours) = (0, -1, -1);
            }

            Assert.True(seq == _next, $"seed {seed}: expected number {_next}, got {text}");
            _next++;
            if (name.GetString() != "hello")
            {
                long n = frame.GetProperty("data").GetProperty("n").GetInt64();
                ref long last = ref (name.GetString() == "native" ? ref _native : ref _ours);
                Assert.True(last < 0 || n == last + 1, $"seed {seed}: expected {name} {last + 1}, got {text}");
                last = n;
            }
        }

        // In the end the client is connected, and what happens now arrives.
        private async Task SettleAsync()
        {
            using var limit = new CancellationTokenSource(Limits.Test);
            long ours;
            do
            {
                if (_socket is null)
                {
                    await ConnectAsync();
                }

                _mattermost.Emit();
                Publish();
                ours = _published;
                await ReadAsync(2000);
                Assert.False(limit.IsCancellationRequested, $"seed {seed}: the client never caught up");
            }
            while (_socket is null || _ours != ours || _native < 0);

            CutClient();
            await _pair;
        }
    }

    private static RelayContext NewGateway() => new(
        new ConnectionRegistry(),
        new RecordedClients(),
        new KnownTokens(),
        new DeafObserver(),
        new NoMembership(),
        new GatewayCounters(),
        new GatewayTimings { UpstreamCloseWait = TimeSpan.FromMilliseconds(20) },
        TimeProvider.System,
        NullLogger<RelayConnection>.Instance);

    private sealed class KnownTokens : ITokenIdentity
    {
        public ValueTask<TokenIdentityAnswer> ResolveAsync(string token, CancellationToken cancellation) =>
            ValueTask.FromResult(new TokenIdentityAnswer(IdentityResult.Valid, new UserId(token)));

        public ValueTask<TokenIdentityAnswer> RevalidateAsync(string token, CancellationToken cancellation) => ResolveAsync(token, cancellation);
    }

    private sealed class DeafObserver : IEventObserver
    {
        public void Observe(ReadOnlySpan<byte> name, ReadOnlySpan<byte> frame)
        {
        }
    }

    private sealed class NoMembership : IChannelMembership
    {
        public bool? Find(ChannelId channel, UserId user) => false;

        public void Prefetch(ChannelId channel, IReadOnlyCollection<UserId> users)
        {
        }

        public void Resolve(ChannelId channel, UserId user, Action<bool> answered) => answered(true);
    }
}
