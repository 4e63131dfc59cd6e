using System.Buffers.Binary;
using Calls.Rtc.Sctp.Chunks;

namespace Calls.Rtc.Sctp;

/// <summary>
/// One SCTP association over DTLS (RFC 9260, RFC 8261), the subset that data channels need (media.md section 7): packets
/// and time in, packets, messages and the next deadline out.
/// </summary>
/// <remarks>Owned by one loop: not thread-safe. Bad input never throws; it is dropped and counted.</remarks>
public sealed partial class SctpAssociation
{
    /// <summary>Streams asked for and offered; identifier 65535 is reserved (RFC 8831, section 6.2).</summary>
    private const ushort MaxStreams = 65535;

    private const int CookieKeyLength = 32;

    private readonly SctpOptions _options;
    private readonly ISctpOutput _output;
    private readonly SctpPacketWriter _writer;
    private readonly RetransmissionTimeout _timeout = new();
    private readonly SctpSender _sender;
    private readonly OutgoingStreamResets _outgoingResets;
    private readonly MessageReassembler _reassembler;
    private readonly byte[] _cookieKey = new byte[CookieKeyLength];
    private readonly uint _localTag;
    private readonly uint _localInitialTsn;
    private uint _peerTag;
    private ushort _outboundStreams = MaxStreams;
    private bool _peerResetsStreams;
    private ReceiveBuffer? _received;
    private IncomingStreamResets? _incomingResets;

    // While a packet is handled, what callbacks send is collected and goes out at its end.
    private bool _isReceiving;
    private bool _isCloseReported;

    public SctpAssociation(SctpOptions options, ISctpOutput output)
    {
        _options = options;
        _output = output;
        _writer = new SctpPacketWriter(options.LocalPort, options.RemotePort, options.MaxPacketLength);
        options.FillRandom(_cookieKey);
        Span<byte> random = stackalloc byte[8];
        options.FillRandom(random);

        // One tag for INIT and INIT ACK: with both sides initiating it has to be the same (RFC 9260, section 5.2.1), and zero is invalid.
        _localTag = Math.Max(1, BinaryPrimitives.ReadUInt32BigEndian(random));
        _localInitialTsn = BinaryPrimitives.ReadUInt32BigEndian(random[4..]);
        _sender = new SctpSender(_localInitialTsn, options.MaxPacketLength, options.SendQueueLength, _timeout, Counters);
        _outgoingResets = new OutgoingStreamResets(_localInitialTsn, _timeout);
        _reassembler = new MessageReassembler(options.MaxInboundMessageLength);
    }

    public SctpState State { get; private set; }

    public SctpCounters Counters { get; } = new();

    /// <summary>All messages up to this number (see <see cref="Send(ushort, uint, ReadOnlySpan{byte}, long, out long)"/>) are acknowledged.</summary>
    public long AcknowledgedThrough => _sender.AcknowledgedThrough;

    /// <summary>Streams of ours whose reset the peer has not confirmed yet.</summary>
    public int PendingResetCount => _outgoingResets.Count;

    /// <summary>When <see cref="HandleDeadline"/> has to be called, on the clock of the other methods; <c>null</c> if nothing is waited for.</summary>
    public long? DeadlineMs => Earlier(Earlier(_handshakeDeadlineMs, _sackDeadlineMs), Earlier(_sender.DeadlineMs, _outgoingResets.DeadlineMs));

    /// <summary>Sends INIT. Without it the association waits for the peer's. Has no effect once something happened.</summary>
    public void Connect(long nowMs)
    {
        if (State == SctpState.Closed)
        {
            State = SctpState.CookieWait;
            SendInit(nowMs);
        }
    }

    /// <summary>Queues a message, ordered and reliable, and sends what the windows allow.</summary>
    /// <inheritdoc cref="Send(ushort, uint, ReadOnlySpan{byte}, long, out long)"/>
    public bool Send(ushort streamId, uint ppid, ReadOnlySpan<byte> message, long nowMs) => Send(streamId, ppid, message, nowMs, out _);

    /// <summary>Queues a message, ordered and reliable, and sends what the windows allow.</summary>
    /// <param name="message">At least one byte; copied.</param>
    /// <param name="messageNumber">Counts from 1; compare with <see cref="AcknowledgedThrough"/>. 0 if refused.</param>
    /// <returns>
    /// <c>false</c> if the association is not established, the stream does not exist or is being reset, or the queue is full, in
    /// which case the association is aborted: a peer that takes nothing is gone (media.md 7.4).
    /// </returns>
    /// <exception cref="ArgumentException">The message is empty.</exception>
    public bool Send(ushort streamId, uint ppid, ReadOnlySpan<byte> message, long nowMs, out long messageNumber)
    {
        if (message.IsEmpty)
        {
            throw new ArgumentException("SCTP has no empty messages; data channels send one zero byte (RFC 8831, section 6.6).", nameof(message));
        }

        messageNumber = 0;
        if (State != SctpState.Established || streamId >= _outboundStreams || _outgoingResets.IsResetting(streamId))
        {
            return false;
        }

        messageNumber = _sender.Enqueue(streamId, ppid, message);
        if (messageNumber == 0)
        {
            Counters.SendQueueOverflows++;
            AbortBecause(ErrorCause.OutOfResource, SctpCloseReason.SendQueueFull);
            return false;
        }

        Transmit(nowMs);
        return true;
    }

    /// <summary>Resets our outgoing stream once all its data is acknowledged, which closes our side of a data channel (RFC 8831, section 6.7).</summary>
    public void ResetStream(ushort streamId, long nowMs)
    {
        if (State == SctpState.Established && _peerResetsStreams)
        {
            _outgoingResets.Add(streamId);
            Transmit(nowMs);
        }
    }

    /// <summary>Tells the peer that it is over, and ends.</summary>
    public void Abort() => AbortBecause(ErrorCause.UserInitiatedAbort, SctpCloseReason.AbortedLocally);

    /// <summary>Does what is due. May be called early or late.</summary>
    public void HandleDeadline(long nowMs)
    {
        if (_handshakeDeadlineMs <= nowMs)
        {
            HandleHandshakeExpiry(nowMs);
        }

        if (_sackDeadlineMs <= nowMs)
        {
            _isSackDue = true;
        }

        bool isPeerReachable = !(_sender.DeadlineMs <= nowMs) || _sender.HandleExpiry();
        if (isPeerReachable && _outgoingResets.DeadlineMs <= nowMs)
        {
            isPeerReachable = _outgoingResets.HandleExpiry();
            if (isPeerReachable)
            {
                WriteResetRequest(nowMs);
            }
        }

        if (!isPeerReachable)
        {
            AbortBecause(ErrorCause.ProtocolViolation, SctpCloseReason.RetransmissionTimeout);
            return;
        }

        Transmit(nowMs);
    }

    private static long? Earlier(long? a, long? b) => a is null || b < a ? b : a;

    /// <summary>Sends an ABORT if the peer is known, and ends.</summary>
    private void AbortBecause(ushort cause, SctpCloseReason reason)
    {
        if (State == SctpState.Ended)
        {
            return;
        }

        if (_peerTag != 0)
        {
            Flush();
            _writer.Begin(_peerTag);
            ErrorCause.Write(_writer, SctpChunkType.Abort, cause);
            Flush();
        }

        End(reason);
    }

    private void End(SctpCloseReason reason)
    {
        State = SctpState.Ended;
        StopTimers();
        ReportClosed(reason);
    }

    private void ReportClosed(SctpCloseReason reason)
    {
        if (!_isCloseReported)
        {
            _isCloseReported = true;
            _output.OnClosed(reason);
        }
    }

    private void StopTimers()
    {
        _handshakeDeadlineMs = null;
        _sackDeadlineMs = null;
        _isSackDue = false;
        _sender.Clear();
        _outgoingResets.Clear();
    }
}
