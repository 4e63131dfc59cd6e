using Calls.Rtc.Sctp.Chunks;

namespace Calls.Rtc.Sctp;

// What comes in: checks on the packet, then one handler for each type of chunk.
public sealed partial class SctpAssociation
{
    /// <summary>How long an acknowledgement may wait for a second packet (RFC 9260, section 6.2).</summary>
    private const int SackDelayMs = 200;

    /// <summary>T bit of ABORT and SHUTDOWN COMPLETE: the tag is the receiver's, reflected (section 8.5.1).</summary>
    private const byte ReflectedTagFlag = 1;

    private long? _sackDeadlineMs;
    private bool _isSackDue;
    private bool _hasNewData;
    private int _dataPacketsToAcknowledge;

    /// <summary>Handles one packet: the plaintext of a DTLS record.</summary>
    public void Receive(ReadOnlySpan<byte> packet, long nowMs)
    {
        Counters.PacketsReceived++;
        if (!SctpPacketView.TryParse(packet, out SctpPacketView view)
            || view.SourcePort != _options.RemotePort
            || view.DestinationPort != _options.LocalPort)
        {
            Counters.Malformed++;
            return;
        }

        if (!view.HasAcceptableChecksum)
        {
            Counters.BadChecksum++;
            return;
        }

        _isReceiving = true;
        ReceiveChunks(view, nowMs);
        _isReceiving = false;
        if (_hasNewData)
        {
            _hasNewData = false;
            ScheduleSack(nowMs);
        }

        Transmit(nowMs);
    }

    private void ReceiveChunks(SctpPacketView view, long nowMs)
    {
        SctpChunkReader reader = view.Chunks;
        bool isFirst = true;
        while (reader.TryRead(out SctpChunkView chunk))
        {
            // Every chunk of a packet has the packet's tag, but what the first one is decides which tag is right.
            if (isFirst && !HasAcceptableTag(view.VerificationTag, chunk, reader.IsAtEnd))
            {
                Counters.BadVerificationTag++;
                return;
            }

            isFirst = false;
            if (State == SctpState.Ended || !TryHandle(chunk, nowMs))
            {
                return;
            }
        }

        if (reader.IsMalformed)
        {
            Counters.Malformed++;
        }
    }

    /// <summary>Section 8.5. An INIT has tag zero and travels alone.</summary>
    private bool HasAcceptableTag(uint tag, SctpChunkView first, bool isAlone) => first.Type switch
    {
        SctpChunkType.Init => tag == 0 && isAlone,
        SctpChunkType.Abort or SctpChunkType.ShutdownComplete when (first.Flags & ReflectedTagFlag) != 0 => tag == _peerTag && tag != 0,
        _ => tag == _localTag,
    };

    /// <returns><c>false</c> if the rest of the packet is to be dropped.</returns>
    private bool TryHandle(SctpChunkView chunk, long nowMs)
    {
        switch (chunk.Type)
        {
            case SctpChunkType.Init:
                HandleInit(chunk, nowMs);
                return false;
            case SctpChunkType.InitAck:
                HandleInitAck(chunk, nowMs);
                return false;
            case SctpChunkType.CookieEcho:
                HandleCookieEcho(chunk, nowMs);
                return State == SctpState.Established;
            case SctpChunkType.CookieAck:
                HandleCookieAck(nowMs);
                return true;
            case SctpChunkType.Abort:
                End(SctpCloseReason.AbortedByPeer);
                return false;
            case SctpChunkType.Error:
                Counters.ErrorsReceived++;
                if (ErrorCause.First(chunk) == ErrorCause.StaleCookie)
                {
                    HandleStaleCookie(nowMs);
                }

                return true;
            case SctpChunkType.Shutdown:
            case SctpChunkType.ShutdownAck:
            case SctpChunkType.ShutdownComplete:
                return TryHandleShutdown(chunk, nowMs);
            default:
                return State == SctpState.Established && TryHandleEstablished(chunk, nowMs);
        }
    }

    private bool TryHandleEstablished(SctpChunkView chunk, long nowMs)
    {
        switch (chunk.Type)
        {
            case SctpChunkType.Data:
                return TryHandleData(chunk);
            case SctpChunkType.Sack:
                HandleSack(chunk, nowMs);
                return true;
            case SctpChunkType.Heartbeat:
                HandleHeartbeat(chunk);
                return true;
            case SctpChunkType.HeartbeatAck:
                return true;
            case SctpChunkType.ForwardTsn:
                return TryHandleForwardTsn(chunk);
            case SctpChunkType.ReConfig:
                HandleReConfig(chunk);
                return true;
            default:
                Counters.UnexpectedChunks++;
                if (chunk.IsToBeReported)
                {
                    ReportUnrecognized(chunk);
                }

                return chunk.IsSkippable;
        }
    }

    private bool TryHandleData(SctpChunkView chunk)
    {
        if (!DataChunk.TryParse(chunk, out DataChunk data))
        {
            Counters.Malformed++;
            return true;
        }

        if (data.UserData.IsEmpty)
        {
            AbortBecause(ErrorCause.NoUserData, SctpCloseReason.ProtocolViolation); // section 6.2
            return false;
        }

        ReceiveBuffer received = _received!;
        _hasNewData = true;
        _isSackDue |= received.HasGap; // also when this closes it
        switch (received.Accept(data))
        {
            case DataArrival.InOrder:
                _isSackDue |= data.IsImmediate;
                return TryDeliver(data) && TryDeliverHeld();
            case DataArrival.Held:
                return true;
            case DataArrival.Duplicate:
                Counters.DuplicateData++;
                return true;
            default:
                Counters.DataOutsideWindow++;
                _isSackDue = true;
                return true;
        }
    }

    private bool TryDeliverHeld()
    {
        while (_received!.TryTakeNext(out HeldData held))
        {
            if (!TryDeliver(held.ToChunk(_received.CumulativeTsn)))
            {
                return false;
            }
        }

        return true;
    }

    /// <returns><c>false</c> if the association ended.</returns>
    private bool TryDeliver(in DataChunk data)
    {
        switch (_reassembler.Add(data, out ReadOnlySpan<byte> message))
        {
            case Reassembly.Complete:
                _output.OnMessage(data.StreamId, data.Ppid, message);
                break;
            case Reassembly.TooLong:
                AbortBecause(ErrorCause.ProtocolViolation, SctpCloseReason.MessageTooLong);
                break;
            case Reassembly.Inconsistent:
                AbortBecause(ErrorCause.ProtocolViolation, SctpCloseReason.ProtocolViolation);
                break;
        }

        return State != SctpState.Ended;
    }

    private void HandleSack(SctpChunkView chunk, long nowMs)
    {
        if (SackChunk.TryParse(chunk, out SackChunk sack))
        {
            long before = _sender.AcknowledgedThrough;
            _sender.HandleSack(sack, nowMs);
            if (_sender.AcknowledgedThrough != before)
            {
                _output.OnAcknowledged(_sender.AcknowledgedThrough);
            }
        }
        else
        {
            Counters.Malformed++;
        }
    }

    /// <summary>Section 8.3: the information goes back as it came, unless it is longer than any packet of ours.</summary>
    private void HandleHeartbeat(SctpChunkView chunk)
    {
        if (chunk.Value.Length > _options.MaxPacketLength - SctpPacketView.HeaderLength - SctpChunkView.HeaderLength - 3)
        {
            Counters.UnexpectedChunks++;
            return;
        }

        EnsureRoom(chunk.Value.Length);
        chunk.Value.CopyTo(_writer.AddChunk(SctpChunkType.HeartbeatAck, flags: 0, chunk.Value.Length));
    }

    /// <summary>RFC 3758, section 3.6: complete messages below the new TSN are delivered, begun ones dropped.</summary>
    private bool TryHandleForwardTsn(SctpChunkView chunk)
    {
        if (!ForwardTsnChunk.TryParse(chunk, out uint newCumulativeTsn))
        {
            Counters.Malformed++;
            return true;
        }

        ReceiveBuffer received = _received!;
        _hasNewData = true;
        _isSackDue = true;
        while (SerialNumber.IsAfter(newCumulativeTsn, received.CumulativeTsn))
        {
            if (!received.TryTakeNext(out HeldData held))
            {
                _reassembler.Skip();
                received.SkipNext(newCumulativeTsn);
            }
            else if (!TryDeliver(held.ToChunk(received.CumulativeTsn)))
            {
                return false;
            }
        }

        return TryDeliverHeld();
    }

    private void HandleReConfig(SctpChunkView chunk)
    {
        var reader = new SctpParameterReader(chunk.Value);

        // A chunk has at most two parameters (RFC 6525, section 3.1).
        for (int i = 0; i < 2 && reader.TryRead(out SctpParameterType type, out ReadOnlySpan<byte> parameter); i++)
        {
            if (type == SctpParameterType.ReConfigurationResponse)
            {
                if (ReConfigChunk.TryParseResponse(parameter, out uint number, out ReConfigResult response))
                {
                    _outgoingResets.HandleResponse(number, response, _sender);
                }
            }
            else if (_incomingResets!.TryHandle(
                type, parameter, _received!.CumulativeTsn, out uint requestNumber, out ReConfigResult result, out ReadOnlySpan<byte> streamIds))
            {
                EnsureRoom(ReConfigChunk.ResponseLength);
                ReConfigChunk.WriteResponse(_writer, requestNumber, result);
                for (int stream = 0; stream < streamIds.Length / 2 && State == SctpState.Established; stream++)
                {
                    _output.OnStreamReset(IncomingStreamResets.StreamId(streamIds, stream));
                }
            }
            else
            {
                Counters.Malformed++;
            }
        }

        if (reader.IsMalformed)
        {
            Counters.Malformed++;
        }
    }

    /// <summary>Section 9.2, on the side that did not start it. What is still queued is given up, as the channels are gone.</summary>
    private bool TryHandleShutdown(SctpChunkView chunk, long nowMs)
    {
        switch (chunk.Type)
        {
            case SctpChunkType.Shutdown when State is SctpState.Established or SctpState.ShutdownAckSent:
                if (chunk.Value.Length >= 4)
                {
                    _sender.HandleCumulativeAck(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(chunk.Value), nowMs);
                }

                // The peer repeats its SHUTDOWN until this arrives, so no timer is needed here.
                EnsureRoom(0);
                _writer.AddChunk(SctpChunkType.ShutdownAck, flags: 0, valueLength: 0);
                Flush();
                State = SctpState.ShutdownAckSent;
                StopTimers();
                ReportClosed(SctpCloseReason.ShutdownByPeer);
                return false;
            case SctpChunkType.ShutdownComplete when State == SctpState.ShutdownAckSent:
                End(SctpCloseReason.ShutdownByPeer);
                return false;
            default:
                Counters.UnexpectedChunks++;
                return false;
        }
    }

    private void ReportUnrecognized(SctpChunkView chunk)
    {
        const int causeHeaderLength = 4;
        if (_writer.HasRoomFor(causeHeaderLength + chunk.Bytes.Length))
        {
            EnsureRoom(causeHeaderLength + chunk.Bytes.Length);
            ErrorCause.Write(_writer, SctpChunkType.Error, ErrorCause.UnrecognizedChunkType, chunk.Bytes);
        }
    }

    /// <summary>Section 6.2: at once if something is missing or came twice, else after the second packet or the delay.</summary>
    private void ScheduleSack(long nowMs)
    {
        if (State != SctpState.Established)
        {
            return;
        }

        if (_received!.HasGap || _received.DuplicateCount > 0 || ++_dataPacketsToAcknowledge >= 2)
        {
            _isSackDue = true;
        }
        else
        {
            _sackDeadlineMs ??= nowMs + SackDelayMs;
        }
    }
}
