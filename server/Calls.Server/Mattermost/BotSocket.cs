using Calls.Server.Mattermost.Relay;
using Calls.Server.Mattermost.Rest;

namespace Calls.Server.Mattermost;

/// <summary>
/// The bot's own socket: Mattermost tells it of changed settings, licence, plugins and roles when no client is there to hear them
/// (mattermost-integration.md 7.10).
/// </summary>
internal sealed class BotSocket(
    UpstreamDialer dialer, IEventObserver observer, SettingsReader settings, GatewayOptions options, TimeProvider time)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    /// <summary>Keeps a socket open until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        TimeSpan wait = FirstWait;
        while (!cancellation.IsCancellationRequested)
        {
            bool wasGreeted = await ListenAsync(cancellation);
            wait = wasGreeted ? FirstWait : TimeSpan.FromTicks(Math.Min(wait.Ticks * 2, LongestWait.Ticks));
            await Task.Delay(wait, time, cancellation);
        }
    }

    /// <summary>Reads one socket to its end; <c>true</c> if Mattermost greeted on it.</summary>
    private async Task<bool> ListenAsync(CancellationToken cancellation)
    {
        var dial = new UpstreamDial(
            "/api/v4/websocket", options.MattermostUrl.Authority, [new("Authorization", "Bearer " + options.BotToken)]);
        (FrameSocket? socket, HttpResponseMessage? refusal) = await dialer.DialAsync(dial, cancellation);
        refusal?.Dispose();
        if (socket is null)
        {
            return false;
        }

        using FrameSocket opened = socket;
        using CancellationTokenRegistration stopped = cancellation.Register(opened.Abort);
        bool wasGreeted = false;
        while (true)
        {
            ReceivedFrame frame = await opened.ReceiveAsync();
            if (!frame.HasPayload)
            {
                return wasGreeted;
            }

            wasGreeted |= Read(frame.Payload);
            frame.Return();
        }
    }

    /// <summary><c>true</c> for the greeting. What happened before it was missed.</summary>
    private bool Read(ReadOnlySpan<byte> payload)
    {
        UpstreamFrame frame = UpstreamFrame.Read(payload);
        if (frame.Kind != UpstreamFrameKind.Event)
        {
            return false;
        }

        if (frame.EventName.SequenceEqual("hello"u8))
        {
            settings.Reload();
            return true;
        }

        observer.Observe(frame.EventName, payload);
        return false;
    }
}
