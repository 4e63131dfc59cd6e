using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Calls.Rtc;

namespace Calls.Browser.Tests.Interop;

/// <summary>A WebRTC implementation of another maker as a client of the media server (tests/interop/README.md).</summary>
internal abstract class ForeignPeer(string session) : IAsyncDisposable
{
    /// <summary>Whatever has not happened after this long is not coming.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static readonly JsonSerializerOptions Names = new(JsonSerializerDefaults.Web);

    private readonly Channel<(string What, JsonElement Line)> _said = Channel.CreateUnbounded<(string, JsonElement)>();
    private readonly ConcurrentQueue<string> _heardInVain = new();

    public string Session { get; } = session;

    /// <summary>Takes what the peer has for the server.</summary>
    public Action<RtcMessageType, byte[]>? OnMessage { get; set; }

    /// <summary>Hands a line of JSON to the peer.</summary>
    public abstract void Tell(string line);

    public virtual Task StartAsync()
    {
        Tell("""{"do":"start"}""");
        return Task.CompletedTask;
    }

    /// <summary>Publishes and waits until the server has answered.</summary>
    public async Task PublishAsync(params string[] kinds)
    {
        Tell($$"""{"do":"publish","kinds":{{JsonSerializer.Serialize(kinds)}}}""");
        await SaidAsync("published");
    }

    public async Task CloseAsync()
    {
        Tell("""{"do":"close"}""");
        await SaidAsync("closed");
    }

    /// <summary>Asks for reports until one is as expected.</summary>
    public async Task<PeerReport> ReportAsync(Func<PeerReport, bool> isExpected, string what)
    {
        var patience = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            Tell("""{"do":"report"}""");
            JsonElement line = await SaidAsync("report");
            PeerReport report = line.GetProperty("report").Deserialize<PeerReport>(Names)!;
            if (isExpected(report))
            {
                return report;
            }

            Assert.True(patience.Elapsed < Limit, $"{Session}: {what}: {line}");
            await Task.Delay(100);
        }
    }

    /// <summary>Waits until the peer says something; what it says before is passed over.</summary>
    public async Task<JsonElement> SaidAsync(string what)
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            while (true)
            {
                (string said, JsonElement line) = await _said.Reader.ReadAsync(limit.Token);
                Assert.False(said == "failed", $"{Session}: {line}");
                if (said == what)
                {
                    return line;
                }
            }
        }
        catch (Exception silent) when (silent is OperationCanceledException or ChannelClosedException)
        {
            throw new TimeoutException($"{Session} did not say \"{what}\". {string.Join('\n', _heardInVain)}");
        }
    }

    public abstract ValueTask DisposeAsync();

    /// <summary>Takes a line that the peer said.</summary>
    protected void Hear(JsonElement line)
    {
        string what = line.GetProperty("say").GetString()!;
        if (what == "message")
        {
            byte[] data = line.TryGetProperty("data", out JsonElement json) && json.ValueKind != JsonValueKind.Null
                ? Encoding.UTF8.GetBytes(json.GetRawText())
                : [];
            OnMessage?.Invoke((RtcMessageType)line.GetProperty("type").GetInt32(), data);
        }
        else
        {
            _said.Writer.TryWrite((what, line));
        }
    }

    /// <summary>Keeps a line that is no JSON, for the report of a failure.</summary>
    protected void Note(string line) => _heardInVain.Enqueue(line);

    /// <summary>Nothing will be said any more.</summary>
    protected void Ended() => _said.Writer.TryComplete();
}
