using System.Threading.Channels;
using Calls.Rtcd.Protocol;

namespace Calls.Server.Rtcd.WebSockets;

/// <summary>One connection of a client: messages in one after the other, messages out through a queue of its own (rtcd.md 4.2).</summary>
internal sealed class RtcdConnection
{
    /// <summary>Longer messages end the connection.</summary>
    public const int MaxMessageBytes = 1024 * 1024;

    /// <summary>Messages that wait for a slow client; more are dropped.</summary>
    public const int MaxQueuedMessages = 5_000;

    /// <summary>Bytes that wait for a slow client; more are dropped.</summary>
    public const long MaxQueuedBytes = 16 * 1024 * 1024;

    public static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(10);

    /// <summary>A client that sends no pong for so long is cut, whatever else it sends.</summary>
    public static readonly TimeSpan PongLimit = TimeSpan.FromSeconds(20);

    /// <summary>How long a client that broke the rules may go on sending before the connection is cut.</summary>
    private static readonly TimeSpan DiscardLimit = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan WriteLimit = TimeSpan.FromSeconds(10);

    private readonly Stream _stream;
    private readonly TimeProvider _time;
    private readonly Channel<byte[]> _outbound = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MaxQueuedMessages) { SingleReader = true });
    private readonly CancellationTokenSource _ended;
    private long _queuedBytes;
    private int _isOpen = 1;
    private volatile bool _wasCut;

    /// <param name="id">26 characters, told to the client.</param>
    public RtcdConnection(Stream stream, string id, string clientId, TimeProvider time)
    {
        (_stream, Id, ClientId, _time) = (stream, id, clientId, time);
        _ended = new CancellationTokenSource(PongLimit, time);
    }

    public string Id { get; }

    /// <summary>Who authenticated; empty for the administrator.</summary>
    public string ClientId { get; }

    public bool IsOpen => Volatile.Read(ref _isOpen) != 0;

    /// <summary>It was ended by <see cref="Abort"/>, by silence or by a write that did not get through: nothing more is to be sent.</summary>
    public bool WasCut => _wasCut;

    /// <summary>Messages that were dropped because the client reads too slowly.</summary>
    public long Dropped { get; private set; }

    /// <summary>Any thread. <c>false</c>: the connection is over, or the client is too slow.</summary>
    public bool TrySend(RtcdMessage message) => TryQueue(FrameWriter.Write(FrameOpcode.Binary, RtcdMessageWriter.ToBytes(message)));

    /// <summary>Any thread. Cuts the connection without a close frame.</summary>
    public void Abort()
    {
        _wasCut = true;
        Volatile.Write(ref _isOpen, 0);
        try
        {
            _ended.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself.
        }
    }

    /// <summary>Greets, then hands every frame's message to <paramref name="handle"/> until the connection is over. Never throws for what the client does.</summary>
    /// <param name="handle">Is given what was read and the message, if there is one.</param>
    public async Task RunAsync(Func<RtcdReadResult, RtcdMessage?, ValueTask> handle)
    {
        TrySend(new HelloMessage(ClientId, Id));
        Task writing = WriteAllAsync();
        bool isBroken = false;
        using ITimer pings = _time.CreateTimer(_ => TryQueue(FrameWriter.Write(FrameOpcode.Ping, [])), null, PingInterval, PingInterval);
        try
        {
            isBroken = await ReadAllAsync(handle);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
        {
            _wasCut = true; // the client vanished, or is too silent
        }
        finally
        {
            Volatile.Write(ref _isOpen, 0);
            _outbound.Writer.TryComplete();
            await writing; // a close frame may wait in it
            if (isBroken && !_wasCut)
            {
                await DiscardAsync();
            }

            _ended.Dispose();
        }
    }

    /// <returns>Whether it ends because of what the client sent.</returns>
    private async Task<bool> ReadAllAsync(Func<RtcdReadResult, RtcdMessage?, ValueTask> handle)
    {
        var reader = new FrameReader(_stream, MaxMessageBytes);
        while (true)
        {
            ReceivedMessage received = await reader.ReceiveAsync(_ended.Token);
            switch (received)
            {
                case { Fault: FrameFault.EndOfStream }:
                    return false;
                case { Fault: not FrameFault.None }:
                    TryQueue(FrameWriter.WriteClose((int)received.Fault, received.Fault == FrameFault.Protocol ? "protocol error"u8 : default));
                    return true;
                case { Opcode: FrameOpcode.Close }:
                    TryQueue(FrameWriter.Write(FrameOpcode.Close, received.Payload.Span[..Math.Min(2, received.Payload.Length)]));
                    return false;
                case { Opcode: FrameOpcode.Ping }:
                    TryQueue(FrameWriter.Write(FrameOpcode.Pong, received.Payload.Span));
                    break;
                case { Opcode: FrameOpcode.Pong }:
                    _ended.CancelAfter(PongLimit);
                    break;
                case { Opcode: FrameOpcode.Text }:
                    await handle(RtcdReadResult.Malformed, null);
                    break;
                default:
                    RtcdReadResult result = RtcdMessageReader.TryRead(received.Payload.Span, out RtcdMessage? message);
                    await handle(result, message);
                    break;
            }
        }
    }

    // A socket that is closed with bytes unread takes the close frame back: a client that still sends would not learn why.
    private async Task DiscardAsync()
    {
        byte[] buffer = new byte[16 * 1024];
        using var limit = new CancellationTokenSource(DiscardLimit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _ended.Token);
        try
        {
            for (long left = 4 * MaxMessageBytes; left > 0;)
            {
                int read = await _stream.ReadAsync(buffer, either.Token);
                left = read == 0 ? 0 : left - read;
            }
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // It was only to be told.
        }
    }

    private bool TryQueue(byte[] frame)
    {
        if (Interlocked.Add(ref _queuedBytes, frame.Length) <= MaxQueuedBytes && _outbound.Writer.TryWrite(frame))
        {
            return true;
        }

        Interlocked.Add(ref _queuedBytes, -frame.Length);
        Dropped++;
        return false;
    }

    private async Task WriteAllAsync()
    {
        try
        {
            await foreach (byte[] frame in _outbound.Reader.ReadAllAsync())
            {
                using var limit = new CancellationTokenSource(WriteLimit, _time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _ended.Token);
                await _stream.WriteAsync(frame, either.Token);
                await _stream.FlushAsync(either.Token);
                Interlocked.Add(ref _queuedBytes, -frame.Length);
            }
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
        {
            Abort(); // nothing can be told to this client any more
        }
    }
}
