using Calls.Server.Mattermost.Relay;

namespace Calls.Server.Mattermost.Identity;

/// <summary>
/// Asks again and again whether the tokens of those who take part in calls are still valid: Mattermost reports neither log-out nor
/// revocation (mattermost-integration.md 9.3, 9.4).
/// </summary>
internal sealed partial class CallTokenRevalidation(
    ConnectionRegistry registry,
    ITokenIdentity tokens,
    GatewayCounters counters,
    GatewayOptions options,
    TimeProvider time,
    ILogger<CallTokenRevalidation> log)
{
    private const int MaxPerSecond = 20;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, long> _askedAt = [];
    private long _answeredAt = time.GetTimestamp();

    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Tick, time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            AskDue();
        }
    }

    /// <summary>Asks for the tokens whose time has come; called once a second.</summary>
    internal void AskDue()
    {
        long now = time.GetTimestamp();
        HashSet<string> present = [.. registry.All.Select(static connection => connection.CallToken).OfType<string>()];
        foreach (string gone in _askedAt.Keys.Where(token => !present.Contains(token)).ToList())
        {
            _askedAt.Remove(gone);
        }

        if (present.Count == 0)
        {
            Volatile.Write(ref _answeredAt, now);
            return;
        }

        // All polls together stay below 20 requests per second.
        var stretched = TimeSpan.FromSeconds(present.Count / (double)MaxPerSecond);
        TimeSpan interval = stretched > options.Timings.Revalidation ? stretched : options.Timings.Revalidation;
        int left = MaxPerSecond;
        foreach (string token in present)
        {
            // A token was checked when its connection opened.
            if (!_askedAt.TryGetValue(token, out long askedAt))
            {
                _askedAt[token] = now;
            }
            else if (left > 0 && time.GetElapsedTime(askedAt, now) >= interval)
            {
                left--;
                _askedAt[token] = now;
                _ = AskAsync(token);
            }
        }
    }

    private async Task AskAsync(string token)
    {
        TokenIdentityAnswer answer = await tokens.RevalidateAsync(token, CancellationToken.None);
        if (answer.Result == IdentityResult.Unknown)
        {
            // Ends nothing: a Mattermost that is down must not end calls.
            counters.AddUnansweredToken();
            if (time.GetElapsedTime(Volatile.Read(ref _answeredAt)) > Silence)
            {
                Volatile.Write(ref _answeredAt, time.GetTimestamp());
                LogSilence(log);
            }

            return;
        }

        Volatile.Write(ref _answeredAt, time.GetTimestamp());
        if (answer.Result == IdentityResult.Unauthenticated)
        {
            foreach (RelayConnection connection in registry.All.Where(connection => connection.Knows(token)))
            {
                connection.Post(new ConnectionInput.TokenEnded(token));
            }
        }
    }

    [LoggerMessage(EventId = 3002, Level = LogLevel.Error, Message = "Mattermost has not said for five minutes whether the participants of calls are still logged in.")]
    private static partial void LogSilence(ILogger log);
}
