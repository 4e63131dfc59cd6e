using Calls.Rtc.Sctp.Chunks;

namespace Calls.Rtc.Sctp;

// What goes out: SACKs, data and stream resets, bundled into packets.
public sealed partial class SctpAssociation
{
    /// <summary>Max.Burst: packets sent at once, whatever the window allows (RFC 9260, section 6.1, rule D).</summary>
    private const int MaxBurst = 4;

    private void Transmit(long nowMs)
    {
        if (_isReceiving)
        {
            return;
        }

        if (State != SctpState.Established)
        {
            Flush();
            return;
        }

        if (_isSackDue)
        {
            WriteSack();
        }

        if (_outgoingResets.HasRequest(_sender))
        {
            _outgoingResets.BeginRequest(_sender);
            WriteResetRequest(nowMs);
        }

        int packets = 0;
        int length;
        while ((length = _sender.PeekNextLength()) > 0)
        {
            // An acknowledgement that was to wait travels with the data (section 6.2).
            if (_sackDeadlineMs is not null)
            {
                WriteSack();
            }

            if (!_writer.HasRoomFor(DataChunk.FixedLength + length))
            {
                Flush();
                if (++packets == MaxBurst)
                {
                    break;
                }
            }

            EnsureRoom(DataChunk.FixedLength + length);
            _sender.WriteNext(_writer, nowMs);
        }

        Flush();
    }

    private void WriteResetRequest(long nowMs)
    {
        EnsureRoom(_outgoingResets.RequestLength);
        _outgoingResets.WriteRequest(_writer, _sender.LastTsn, _incomingResets!.LastRequestNumber, nowMs);
    }

    private void WriteSack()
    {
        _isSackDue = false;
        _sackDeadlineMs = null;
        _dataPacketsToAcknowledge = 0;
        ReceiveBuffer received = _received!;
        Span<(ushort Start, ushort End)> blocks = stackalloc (ushort, ushort)[ReceiveBuffer.MaxGapBlocks];
        blocks = blocks[..received.WriteGapBlocks(blocks)];
        EnsureRoom(SackChunk.FixedLength + (SackChunk.BlockLength * (blocks.Length + received.Duplicates.Length)));
        SackChunk.Write(
            _writer, received.CumulativeTsn, received.AvailableWindow(_reassembler.PartialLength), blocks, received.Duplicates);
        received.ClearDuplicates();
    }

    /// <summary>Starts a packet to the peer if none is being written or the chunk does not fit the one that is.</summary>
    private void EnsureRoom(int valueLength)
    {
        if (_writer.HasChunks && !_writer.HasRoomFor(valueLength))
        {
            Flush();
        }

        if (!_writer.HasChunks)
        {
            _writer.Begin(_peerTag);
        }
    }

    private void Flush()
    {
        if (_writer.HasChunks)
        {
            Counters.PacketsSent++;
            _output.SendPacket(_writer.Finish());
        }
    }
}
