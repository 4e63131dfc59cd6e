using System.Buffers.Binary;

namespace Calls.Server.Rtcd.WebSockets;

/// <summary>Reads the frames of a client (RFC 6455, section 5) and puts fragments together.</summary>
/// <remarks>
/// .NET's own WebSocket puts its pings off while data arrives, and does not show pongs: rtcd cuts clients that send data but no pongs
/// (rtcd.md 4.2).
/// </remarks>
internal sealed class FrameReader(Stream stream, int maxMessageBytes)
{
    private const int MaxControlBytes = 125;
    private const int InitialBytes = 4096;

    private readonly byte[] _header = new byte[14];
    private readonly byte[] _control = new byte[MaxControlBytes];
    private byte[] _message = new byte[InitialBytes];
    private int _messageLength;
    private FrameOpcode? _fragmented;

    /// <summary>The next whole message or control frame.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="OperationCanceledException"/>
    public async ValueTask<ReceivedMessage> ReceiveAsync(CancellationToken cancellation)
    {
        while (true)
        {
            if (!await TryFillAsync(_header.AsMemory(0, 2), cancellation))
            {
                return Failed(FrameFault.EndOfStream);
            }

            bool isFinal = (_header[0] & 0x80) != 0;
            var opcode = (FrameOpcode)(_header[0] & 0x0F);
            bool isMasked = (_header[1] & 0x80) != 0;
            int lengthCode = _header[1] & 0x7F;

            // Nothing was negotiated that would set a reserved bit; a client always masks (section 5.1).
            if ((_header[0] & 0x70) != 0 || !isMasked)
            {
                return Failed(FrameFault.Protocol);
            }

            bool isControl = opcode >= FrameOpcode.Close;
            if (!Enum.IsDefined(opcode)
                || (isControl && (!isFinal || lengthCode > MaxControlBytes))
                || (!isControl && (opcode == FrameOpcode.Continuation) != _fragmented is not null))
            {
                return Failed(FrameFault.Protocol);
            }

            int extra = lengthCode switch { 126 => 2, 127 => 8, _ => 0 };
            if (!await TryFillAsync(_header.AsMemory(2, extra + 4), cancellation))
            {
                return Failed(FrameFault.EndOfStream);
            }

            ulong length = extra switch
            {
                0 => (ulong)lengthCode,
                2 => BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(2)),
                _ => BinaryPrimitives.ReadUInt64BigEndian(_header.AsSpan(2)),
            };
            ReadOnlyMemory<byte> mask = _header.AsMemory(2 + extra, 4);
            if (isControl)
            {
                Memory<byte> payload = _control.AsMemory(0, (int)length);
                if (!await TryFillAsync(payload, cancellation))
                {
                    return Failed(FrameFault.EndOfStream);
                }

                Unmask(payload.Span, mask.Span);
                return new(FrameFault.None, opcode, payload);
            }

            // What a peer claims is checked before anything is reserved for it.
            if (length > (ulong)(maxMessageBytes - _messageLength))
            {
                return Failed(FrameFault.TooBig);
            }

            if (!await TryAppendAsync((int)length, mask, cancellation))
            {
                return Failed(FrameFault.EndOfStream);
            }

            FrameOpcode type = _fragmented ?? opcode;
            if (!isFinal)
            {
                _fragmented = type;
                continue;
            }

            var message = new ReceivedMessage(FrameFault.None, type, _message.AsMemory(0, _messageLength));
            _fragmented = null;
            _messageLength = 0;
            return message;
        }
    }

    private static ReceivedMessage Failed(FrameFault fault) => new(fault, default, default);

    private static void Unmask(Span<byte> payload, ReadOnlySpan<byte> mask)
    {
        for (int i = 0; i < payload.Length; i++)
        {
            payload[i] ^= mask[i & 3];
        }
    }

    // The buffer grows with what has arrived, never with what was announced.
    private async ValueTask<bool> TryAppendAsync(int length, ReadOnlyMemory<byte> mask, CancellationToken cancellation)
    {
        int start = _messageLength;
        int end = start + length;
        while (_messageLength < end)
        {
            if (_messageLength == _message.Length)
            {
                Array.Resize(ref _message, Math.Min(_message.Length * 2, maxMessageBytes));
            }

            int read = await stream.ReadAsync(_message.AsMemory(_messageLength, Math.Min(_message.Length, end) - _messageLength), cancellation);
            if (read == 0)
            {
                return false;
            }

            _messageLength += read;
        }

        Unmask(_message.AsSpan(start, length), mask.Span);
        return true;
    }

    private async ValueTask<bool> TryFillAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        while (buffer.Length > 0)
        {
            int read = await stream.ReadAsync(buffer, cancellation);
            if (read == 0)
            {
                return false;
            }

            buffer = buffer[read..];
        }

        return true;
    }
}
