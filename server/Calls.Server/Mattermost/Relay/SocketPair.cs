using System.Text;
using System.Threading.Channels;

namespace Calls.Server.Mattermost.Relay;

/// <summary>One client socket and the Mattermost socket dialled for it, with the three loops that move frames.</summary>
/// <remarks>
/// Native frames of the client go straight to Mattermost and never wait for anything of ours. Frames of Mattermost pass the
/// connection's mailbox, which numbers them. At most <see cref="MaxQueued"/> of them are under way: then reading stops.
/// </remarks>
internal sealed class SocketPair(FrameSocket client, FrameSocket upstream, GatewayTimings timings, TimeProvider time)
{
    /// <summary>Frames that may wait for a client (mattermost-integration.md 3.10).</summary>
    public const int MaxQueued = 256;

    // Actions read but not yet taken by the mailbox.
    private const int MaxActions = 64;

    private readonly Channel<ClientFrameOut> _toClient = Channel.CreateUnbounded<ClientFrameOut>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SemaphoreSlim _upstreamCredit = new(MaxQueued, MaxQueued);
    private readonly SemaphoreSlim _actionCredit = new(MaxActions, MaxActions);
    private readonly CancellationTokenSource _ended = new();
    private readonly TaskCompletionSource _upstreamEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _queued;
    private volatile bool _clientCloses;

    public required Peer Peer { get; init; }

    /// <summary>Called each time Mattermost greets or resumes over this pair.</summary>
    public Action OnIdentified { get; init; } = static () => { };

    /// <summary>Number of the request that proves a resume, 0 for a fresh connection (mattermost-integration.md 3.7).</summary>
    public long Probe { get; init; }

    /// <summary>Frames queued towards the client, replayed ones not counted.</summary>
    public int Queued => Volatile.Read(ref _queued);

    /// <summary>Ends when nothing more will be read from Mattermost.</summary>
    public Task UpstreamEnded => _upstreamEnded.Task;

    /// <summary>Moves frames until one side ends and both are closed.</summary>
    public async Task RunAsync(RelayConnection owner)
    {
        Task fromUpstream = ReadUpstreamAsync(owner);
        Task toClient = WriteClientAsync();
        await ReadClientAsync(owner);

        // Mattermost must learn at once that the client is gone: it keeps the connection resumable and shows the user offline.
        owner.Post(new ConnectionInput.PairEnded(this));
        await upstream.CloseAsync(1000);
        await WaitOrGiveUpAsync(_upstreamEnded.Task, timings.UpstreamCloseWait);
        upstream.Abort();
        await _ended.CancelAsync();
        _toClient.Writer.TryComplete();
        await Task.WhenAll(fromUpstream, toClient);
        client.Dispose();
        upstream.Dispose();
    }

    /// <summary>Queues a frame; never waits.</summary>
    public void SendToClient(ClientFrameOut frame)
    {
        if (frame.Origin != FrameOrigin.Replayed)
        {
            Interlocked.Increment(ref _queued);
        }

        _toClient.Writer.TryWrite(frame);
    }

    /// <summary>Lets the next frame be read in place of one that is not sent.</summary>
    public void ReleaseUpstreamCredit() => _upstreamCredit.Release();

    public void ReleaseAction() => _actionCredit.Release();

    /// <summary>Ends the client's socket with a close frame after what is queued, and with it the pair.</summary>
    public void CloseClient(int code)
    {
        _clientCloses = true;
        _toClient.Writer.TryWrite(new ClientFrameOut([], IsText: true, FrameOrigin.Replayed, code));
    }

    /// <summary>Ends the client's socket without a close frame, as a dying Mattermost would, and with it the pair.</summary>
    public void AbortClient() => client.Abort();

    private async Task ReadClientAsync(RelayConnection owner)
    {
        if (Probe != 0 && !await upstream.SendAsync(Encoding.UTF8.GetBytes($"{{\"action\":\"ping\",\"seq\":{Probe}}}"), isText: true))
        {
            client.Abort();
        }

        while (true)
        {
            ReceivedFrame frame = await client.ReceiveAsync();
            switch (frame.Kind)
            {
                case FrameKind.Text or FrameKind.Binary:
                    bool goesOn = await HandleClientAsync(owner, frame);
                    frame.Return();
                    if (!goesOn)
                    {
                        client.Abort();
                        return;
                    }

                    break;
                case FrameKind.TooBig:
                    CloseClient(1009);
                    await DrainClientAsync();
                    return;
                case FrameKind.Close:
                    await client.CloseAsync(1000);
                    return;
                default:
                    return;
            }
        }
    }

    private async ValueTask<bool> HandleClientAsync(RelayConnection owner, ReceivedFrame frame)
    {
        ClientFrame read = ClientFrame.Read(frame.Payload, frame.IsText);
        switch (read.Kind)
        {
            case ClientFrameKind.Calls:
                await _actionCredit.WaitAsync();
                return owner.Post(new ConnectionInput.ActionReceived(this, read, frame.Length));
            case ClientFrameKind.Unusable:
                return true;
            case ClientFrameKind.Challenge:
                owner.Post(new ConnectionInput.TokenPresented(this, read.Token!));
                break;
        }

        return await upstream.SendAsync(frame.Memory, frame.IsText);
    }

    // The close frame would be lost if the socket were cut while the client still sends.
    private async Task DrainClientAsync()
    {
        using ITimer limit = time.CreateTimer(static state => ((FrameSocket)state!).Abort(), client, timings.UpstreamCloseWait, Timeout.InfiniteTimeSpan);
        ReceivedFrame frame;
        do
        {
            frame = await client.ReceiveAsync();
            frame.Return();
        }
        while (frame.Kind is not (FrameKind.Close or FrameKind.Lost));
    }

    private async Task ReadUpstreamAsync(RelayConnection owner)
    {
        try
        {
            while (true)
            {
                await _upstreamCredit.WaitAsync(_ended.Token);
                ReceivedFrame frame = await upstream.ReceiveAsync();
                if (!frame.HasPayload || !owner.Post(new ConnectionInput.UpstreamReceived(this, frame)))
                {
                    frame.Return();
                    break;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The pair ended while the client's queue was full.
        }

        owner.Post(new ConnectionInput.PairEnded(this));
        _upstreamEnded.TrySetResult();

        // No close frame: to the client this looks like Mattermost itself going away (mattermost-integration.md 3.11).
        if (!_clientCloses)
        {
            client.Abort();
        }
    }

    private async Task WriteClientAsync()
    {
        await foreach (ClientFrameOut frame in _toClient.Reader.ReadAllAsync())
        {
            if (frame.CloseCode != 0)
            {
                await client.CloseAsync(frame.CloseCode);
                await EndClosedClientAsync();
                return;
            }

            bool isSent = await SendInTimeAsync(frame);
            if (frame.Origin != FrameOrigin.Replayed)
            {
                Interlocked.Decrement(ref _queued);
            }

            if (frame.Origin == FrameOrigin.Upstream)
            {
                _upstreamCredit.Release();
            }

            if (!isSent)
            {
                client.Abort();
                return;
            }
        }
    }

    private async ValueTask<bool> SendInTimeAsync(ClientFrameOut frame)
    {
        ValueTask<bool> sending = client.SendAsync(frame.Payload, frame.IsText);
        if (sending.IsCompleted)
        {
            return await sending;
        }

        try
        {
            return await sending.AsTask().WaitAsync(timings.WriteTimeout, time);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    // The client has a moment to answer the close frame; its read loop notices the answer.
    private async Task EndClosedClientAsync()
    {
        await WaitOrGiveUpAsync(Task.Delay(Timeout.Infinite, _ended.Token), timings.UpstreamCloseWait);
        client.Abort();
    }

    private async Task WaitOrGiveUpAsync(Task task, TimeSpan limit)
    {
        try
        {
            await task.WaitAsync(limit, time);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            // Waiting longer would not help.
        }
    }
}
