using System.Buffers.Binary;
using System.Text;

namespace Calls.StandIn.Hub;

/// <summary>
/// The server side of RFC 6455 over an upgraded connection. Written out because the stock server's habits (pings on its own clock,
/// a read deadline that only pongs move, sockets that fall silent) are what tests need to see.
/// </summary>
internal sealed class FrameSocket(Stream stream, int readLimit) : IDisposable
{
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly byte[] _header = new byte[14];

    /// <summary>Called for each pong.</summary>
    public Action? PongReceived { get; set; }

    /// <summary>Whether pings of the peer are answered.</summary>
    public Func<bool> AnswersPings { get; set; } = () => true;

    /// <summary>When set, frames are accepted and thrown away.</summary>
    public bool SwallowsWrites { get; set; }

    /// <summary>Reads the next data message, answering control frames on the way.</summary>
    /// <returns><c>null</c> when the peer closed, broke the protocol or exceeded the limit.</returns>
    public async Task<(FrameKind Kind, byte[] Payload)?> ReadMessageAsync(CancellationToken cancellation)
    {
        FrameKind kind = FrameKind.Continuation;
        var message = new MemoryStream();
        while (true)
        {
            if (!await ReadExactlyAsync(_header.AsMemory(0, 2), cancellation))
            {
                return null;
            }

            bool final = (_header[0] & 0x80) != 0;
            var frame = (FrameKind)(_header[0] & 0x0F);
            if (FindFault(frame, final, kind) is { } fault)
            {
                await SendCloseAsync(1002, fault, cancellation);
                return null;
            }

            long length = await ReadLengthAsync(cancellation);
            if (length < 0 || !await ReadExactlyAsync(_header.AsMemory(10, 4), cancellation))
            {
                return null;
            }

            bool isControl = frame >= FrameKind.Close;
            if (!isControl && message.Length + length > readLimit)
            {
                await SendCloseAsync(1009, "", cancellation);
                return null;
            }

            byte[] payload = new byte[length];
            if (!await ReadExactlyAsync(payload, cancellation))
            {
                return null;
            }

            for (int i = 0; i < payload.Length; i++)
            {
                payload[i] ^= _header[10 + (i & 3)];
            }

            if (isControl)
            {
                if (!await HandleControlAsync(frame, payload, cancellation))
                {
                    return null;
                }

                continue;
            }

            kind = frame == FrameKind.Continuation ? kind : frame;
            message.Write(payload);
            if (final)
            {
                return (kind, message.ToArray());
            }
        }
    }

    /// <summary>Writes one unfragmented, unmasked frame; throws <see cref="IOException"/> when the connection is gone.</summary>
    public async Task SendAsync(FrameKind kind, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        byte[] header = new byte[10];
        int headerLength = 2;
        header[0] = (byte)(0x80 | (byte)kind);
        if (payload.Length < 126)
        {
            header[1] = (byte)payload.Length;
        }
        else if (payload.Length <= ushort.MaxValue)
        {
            header[1] = 126;
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)payload.Length);
            headerLength = 4;
        }
        else
        {
            header[1] = 127;
            BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(2), (ulong)payload.Length);
            headerLength = 10;
        }

        await _writing.WaitAsync(cancellation);
        try
        {
            if (!SwallowsWrites)
            {
                byte[] frame = new byte[headerLength + payload.Length];
                header.AsSpan(0, headerLength).CopyTo(frame);
                payload.Span.CopyTo(frame.AsSpan(headerLength));
                await stream.WriteAsync(frame, cancellation);
                await stream.FlushAsync(cancellation);
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    public Task SendCloseAsync(ushort code, string reason, CancellationToken cancellation)
    {
        byte[] payload = new byte[2 + Encoding.UTF8.GetByteCount(reason)];
        BinaryPrimitives.WriteUInt16BigEndian(payload, code);
        Encoding.UTF8.GetBytes(reason, payload.AsSpan(2));
        return SendAsync(FrameKind.Close, payload, cancellation);
    }

    public void Dispose() => _writing.Dispose();

    private string? FindFault(FrameKind frame, bool final, FrameKind current)
    {
        if ((_header[0] & 0x70) != 0)
        {
            return "RSV bits set";
        }

        if ((_header[1] & 0x80) == 0)
        {
            return "bad MASK";
        }

        switch (frame)
        {
            case FrameKind.Continuation:
                return current == FrameKind.Continuation ? "continuation after FIN" : null;
            case FrameKind.Text or FrameKind.Binary:
                return current != FrameKind.Continuation ? "data before FIN" : null;
            case FrameKind.Close or FrameKind.Ping or FrameKind.Pong:
                return !final ? "FIN not set on control" : (_header[1] & 0x7F) > 125 ? "len > 125 for control" : null;
            default:
                return "bad opcode";
        }
    }

    private async Task<long> ReadLengthAsync(CancellationToken cancellation)
    {
        int marker = _header[1] & 0x7F;
        switch (marker)
        {
            case 126:
                return await ReadExactlyAsync(_header.AsMemory(2, 2), cancellation) ? BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(2)) : -1;
            case 127:
                return await ReadExactlyAsync(_header.AsMemory(2, 8), cancellation) ? BinaryPrimitives.ReadInt64BigEndian(_header.AsSpan(2)) : -1;
            default:
                return marker;
        }
    }

    private async Task<bool> HandleControlAsync(FrameKind frame, byte[] payload, CancellationToken cancellation)
    {
        switch (frame)
        {
            case FrameKind.Ping:
                if (AnswersPings())
                {
                    await SendAsync(FrameKind.Pong, payload, cancellation);
                }

                return true;
            case FrameKind.Pong:
                PongReceived?.Invoke();
                return true;
            default:
                // Answered with the same code and no text, then the connection ends (RFC 6455, section 5.5.1).
                await SendAsync(FrameKind.Close, payload.Length >= 2 ? payload.AsMemory(0, 2) : ReadOnlyMemory<byte>.Empty, cancellation);
                return false;
        }
    }

    private async Task<bool> ReadExactlyAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        int read = 0;
        while (read < buffer.Length)
        {
            int count = await stream.ReadAsync(buffer[read..], cancellation);
            if (count == 0)
            {
                return false;
            }

            read += count;
        }

        return true;
    }
}
