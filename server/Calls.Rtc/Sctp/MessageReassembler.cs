using Calls.Rtc.Sctp.Chunks;

namespace Calls.Rtc.Sctp;

/// <summary>Puts messages together from DATA chunks in TSN order.</summary>
/// <remarks>
/// A sender numbers the fragments of a message with consecutive TSNs, and messages of a stream with rising stream sequence
/// numbers as it sends them (RFC 9260, sections 6.6 and 6.9). TSN order is therefore the right order for every stream, and no state
/// per stream is needed that a peer could make grow. The price, that a loss on one stream delays others, is none with one channel.
/// </remarks>
internal sealed class MessageReassembler(int maxMessageLength)
{
    /// <summary>A longer buffer is given back after its message.</summary>
    private const int RetainedCapacity = 4096;

    private byte[] _buffer = [];
    private bool _isAssembling;
    private bool _isAbandoning;
    private ushort _streamId;
    private ushort _streamSequenceNumber;
    private byte _unordered;

    /// <summary>Bytes of the message that is not complete yet.</summary>
    public int PartialLength { get; private set; }

    /// <param name="chunk">The chunk after the one given last.</param>
    /// <param name="message">With <see cref="Reassembly.Complete"/> the message, valid until the next call or as long as <paramref name="chunk"/>.</param>
    public Reassembly Add(in DataChunk chunk, out ReadOnlySpan<byte> message)
    {
        message = default;
        if (chunk.IsBegin)
        {
            if (_isAssembling)
            {
                return Reassembly.Inconsistent;
            }

            _isAbandoning = false;
            if (chunk.IsEnd)
            {
                message = chunk.UserData;
                return message.Length > maxMessageLength ? Reassembly.TooLong : Reassembly.Complete;
            }

            _isAssembling = true;
            _streamId = chunk.StreamId;
            _streamSequenceNumber = chunk.StreamSequenceNumber;
            _unordered = (byte)(chunk.Flags & DataChunk.UnorderedFlag);
        }
        else if (!_isAssembling)
        {
            return _isAbandoning ? Reassembly.Abandoned : Reassembly.Inconsistent;
        }
        else if (chunk.StreamId != _streamId
            || (chunk.Flags & DataChunk.UnorderedFlag) != _unordered
            || (_unordered == 0 && chunk.StreamSequenceNumber != _streamSequenceNumber))
        {
            return Reassembly.Inconsistent;
        }

        if (PartialLength + chunk.UserData.Length > maxMessageLength)
        {
            return Reassembly.TooLong;
        }

        Append(chunk.UserData);
        if (!chunk.IsEnd)
        {
            return Reassembly.Incomplete;
        }

        message = _buffer.AsSpan(0, PartialLength);
        Reset();
        return Reassembly.Complete;
    }

    /// <summary>The next TSN was given up by its sender (RFC 3758, section 3.6): what was begun before it will not be completed.</summary>
    public void Skip()
    {
        Reset();
        _isAbandoning = true;
    }

    private void Reset()
    {
        _isAssembling = false;
        PartialLength = 0;
        if (_buffer.Length > RetainedCapacity)
        {
            _buffer = [];
        }
    }

    private void Append(ReadOnlySpan<byte> data)
    {
        int needed = PartialLength + data.Length;
        if (needed > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Min(Math.Max(2 * _buffer.Length, Math.Max(needed, RetainedCapacity)), Math.Max(maxMessageLength, needed)));
        }

        data.CopyTo(_buffer.AsSpan(PartialLength));
        PartialLength = needed;
    }
}
