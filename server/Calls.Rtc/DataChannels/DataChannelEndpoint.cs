using System.Buffers;
using Calls.Rtc.Sctp;

namespace Calls.Rtc.DataChannels;

/// <summary>
/// The data channel of a session: SCTP association, DCEP and the <c>calls-dc</c> messages on top (media.md section 5). Packets and
/// time in; packets, messages and the next deadline out.
/// </summary>
/// <remarks>Owned by one loop: not thread-safe.</remarks>
public sealed class DataChannelEndpoint : ISctpOutput
{
    /// <summary>Channels a client may have open at once, the served one included.</summary>
    public const int MaxChannels = 4;

    /// <summary>Longest message when the peer's SDP does not say (RFC 8841, section 6).</summary>
    public const int DefaultMaxMessageLength = 65_536;

    private const int MessagesPerSecond = 50;
    private const int MessageBurst = 100;
    private const int SdpsPerSecond = 5;

    /// <summary>A client that sends too much for so long is cut off.</summary>
    private const int MaxExcessMs = 10_000;

    private readonly DataChannelOptions _options;
    private readonly IDataChannelEvents _events;
    private readonly SctpAssociation _association;
    private readonly MessageRateLimit _messageLimit = new(MessagesPerSecond, MessageBurst);
    private readonly MessageRateLimit _sdpLimit = new(SdpsPerSecond, SdpsPerSecond);
    private readonly ArrayBufferWriter<byte> _outgoing = new(16);
    private readonly List<ushort> _channels = new(1);
    private int _servedStreamId = -1;
    private bool _wasServed;
    private long _nowMs;

    public DataChannelEndpoint(DataChannelOptions options, IDataChannelEvents events)
    {
        _options = options;
        _events = events;
        _association = new SctpAssociation(options.Sctp, this);
    }

    private static ReadOnlySpan<byte> Label => "calls-dc"u8;

    private static ReadOnlySpan<byte> LegacyPing => "ping"u8;

    private static ReadOnlySpan<byte> LegacyPong => "pong"u8;

    /// <summary>Whether <c>calls-dc</c> can be used.</summary>
    public bool IsOpen { get; private set; }

    public SctpState AssociationState => _association.State;

    public DataChannelCounters Counters { get; } = new();

    public SctpCounters SctpCounters => _association.Counters;

    /// <summary>The peer's <c>a=max-message-size</c> in bytes; longer messages are not sent. 0 means no limit.</summary>
    public int PeerMaxMessageLength { get; set; } = DefaultMaxMessageLength;

    /// <summary>The peer has received all messages up to this number.</summary>
    public long AcknowledgedThrough => _association.AcknowledgedThrough;

    /// <summary>When <see cref="HandleDeadline"/> has to be called; <c>null</c> if nothing is waited for.</summary>
    public long? DeadlineMs => _association.DeadlineMs;

    /// <summary>Starts the association from our side. A server may as well wait: browsers always start it.</summary>
    public void Connect(long nowMs)
    {
        _nowMs = nowMs;
        _association.Connect(nowMs);
    }

    /// <summary>Handles one SCTP packet: the plaintext of a DTLS record.</summary>
    public void Receive(ReadOnlySpan<byte> packet, long nowMs)
    {
        _nowMs = nowMs;
        _association.Receive(packet, nowMs);
    }

    public void HandleDeadline(long nowMs)
    {
        _nowMs = nowMs;
        _association.HandleDeadline(nowMs);
    }

    /// <summary>Ends the association with an ABORT, as <c>pc.close()</c> does.</summary>
    public void Abort() => _association.Abort();

    /// <summary>Sends a binary message on <c>calls-dc</c>.</summary>
    /// <param name="messageNumber">Compare with <see cref="AcknowledgedThrough"/>.</param>
    /// <returns><c>false</c> if the channel is not open, the message is longer than the peer accepts, or the send queue is full, which ends the association.</returns>
    public bool SendBinary(ReadOnlySpan<byte> message, long nowMs, out long messageNumber) =>
        Send(DataChannelPpid.Binary, DataChannelPpid.EmptyBinary, message, nowMs, out messageNumber);

    /// <summary>Sends a text message on <c>calls-dc</c>.</summary>
    /// <inheritdoc cref="SendBinary"/>
    public bool SendText(ReadOnlySpan<byte> utf8, long nowMs, out long messageNumber) =>
        Send(DataChannelPpid.Text, DataChannelPpid.EmptyText, utf8, nowMs, out messageNumber);

    /// <summary>Sends a message without payload: ping, a lock request or unlock.</summary>
    public bool Send(CallsChannelMessageType type, long nowMs)
    {
        BeginMessage().Write(type);
        return SendOutgoing(nowMs, out _);
    }

    /// <summary>Sends an offer or answer.</summary>
    /// <param name="json"><c>{"type":...,"sdp":...}</c> in UTF-8.</param>
    public bool SendSdp(ReadOnlySpan<byte> json, long nowMs)
    {
        BeginMessage().WriteSdp(json);
        return SendOutgoing(nowMs, out _);
    }

    public bool SendLockReply(bool isGranted, long nowMs)
    {
        BeginMessage().WriteLockReply(isGranted);
        return SendOutgoing(nowMs, out _);
    }

    /// <summary>Sends a client's loss rate (0 to 1), round-trip time or jitter (seconds).</summary>
    public bool SendMetric(CallsChannelMessageType type, double value, long nowMs)
    {
        BeginMessage().WriteMetric(type, value);
        return SendOutgoing(nowMs, out _);
    }

    /// <summary>Sends the map of all sections with a bound track.</summary>
    /// <param name="messageNumber">An offer on another path waits until <see cref="AcknowledgedThrough"/> reaches it (media.md 3.7).</param>
    public bool SendMediaMap(IReadOnlyCollection<KeyValuePair<string, MediaMapEntry>> sections, long nowMs, out long messageNumber)
    {
        BeginMessage().WriteMediaMap(sections);
        return SendOutgoing(nowMs, out messageNumber);
    }

    /// <summary>Closes <c>calls-dc</c> from our side.</summary>
    public void CloseChannel(long nowMs)
    {
        _nowMs = nowMs;
        if (_servedStreamId >= 0)
        {
            IsOpen = false;
            _association.ResetStream((ushort)_servedStreamId, nowMs);
        }
    }

    void ISctpOutput.SendPacket(ReadOnlySpan<byte> packet) => _events.SendPacket(packet);

    void ISctpOutput.OnEstablished()
    {
        if (!_options.IsClient)
        {
            return;
        }

        Span<byte> open = stackalloc byte[32];
        int length = DcepMessage.WriteOpen(open, Label);
        _servedStreamId = _options.StreamId;
        _wasServed = true;
        _channels.Add(_options.StreamId);
        _association.Send(_options.StreamId, DataChannelPpid.Dcep, open[..length], _nowMs);
    }

    void ISctpOutput.OnAcknowledged(long throughMessageNumber) => _events.OnAcknowledged(throughMessageNumber);

    void ISctpOutput.OnClosed(SctpCloseReason reason)
    {
        IsOpen = false;
        _events.OnAssociationClosed(reason);
    }

    void ISctpOutput.OnStreamReset(ushort streamId)
    {
        if (!_channels.Remove(streamId))
        {
            return;
        }

        // Closing takes a reset in both directions (RFC 8831, section 6.7).
        _association.ResetStream(streamId, _nowMs);
        if (streamId == _servedStreamId)
        {
            _servedStreamId = -1;
            IsOpen = false;
            _events.OnChannelClosed();
        }
    }

    void ISctpOutput.OnMessage(ushort streamId, uint ppid, ReadOnlySpan<byte> message)
    {
        if (!_options.IsClient && !_messageLimit.TryTake(_nowMs))
        {
            Refuse(_messageLimit);
        }
        else if (ppid == DataChannelPpid.Dcep)
        {
            HandleDcep(streamId, message);
        }
        else if (streamId == _servedStreamId)
        {
            HandleCallsMessage(ppid is DataChannelPpid.EmptyText or DataChannelPpid.EmptyBinary ? [] : message);
        }
        else
        {
            Counters.Ignored++;
        }
    }

    private void HandleDcep(ushort streamId, ReadOnlySpan<byte> message)
    {
        if (_options.IsClient)
        {
            if (DcepMessage.IsAck(message) && streamId == _servedStreamId && !IsOpen)
            {
                Open();
            }

            return;
        }

        if (!DcepMessage.TryParseOpen(message, out ReadOnlySpan<byte> label) || _channels.Contains(streamId))
        {
            Counters.Ignored++;
            return;
        }

        // Channels that are being closed still count, or a client could make us close any number at once.
        if (_channels.Count + _association.PendingResetCount >= MaxChannels)
        {
            Counters.ChannelsRefused++;
            return;
        }

        if (!_association.Send(streamId, DataChannelPpid.Dcep, DcepMessage.Ack, _nowMs))
        {
            Counters.ChannelsRefused++;
            return;
        }

        _channels.Add(streamId);
        if (!_wasServed && label.SequenceEqual(Label))
        {
            _wasServed = true;
            _servedStreamId = streamId;
            Open();
        }
    }

    private void Open()
    {
        IsOpen = true;
        _events.OnOpen();
    }

    private void HandleCallsMessage(ReadOnlySpan<byte> message)
    {
        // Old mobile clients; whatever the kind of message (media.md 5.2).
        if (!_options.IsClient && message.SequenceEqual(LegacyPing))
        {
            SendText(LegacyPong, _nowMs, out _);
            return;
        }

        CallsChannelResult result = CallsChannelResult.TooMany;
        CallsChannelMessage? decoded = null;
        if (_options.IsClient || CallsChannelReader.PeekType(message) != CallsChannelMessageType.Sdp || _sdpLimit.TryTake(_nowMs))
        {
            result = CallsChannelReader.TryRead(message, out decoded);
        }

        if (decoded is null)
        {
            if (result == CallsChannelResult.TooMany)
            {
                Refuse(_sdpLimit);
                return;
            }

            Counters.Undecodable++;
            _events.OnMessageIgnored(result);
        }
        else if (decoded.Type == CallsChannelMessageType.Ping && !_options.IsClient)
        {
            Send(CallsChannelMessageType.Pong, _nowMs);
        }
        else
        {
            _events.OnMessage(decoded);
        }
    }

    private void Refuse(MessageRateLimit limit)
    {
        Counters.RateLimited++;
        if (limit.ExcessMs(_nowMs) >= MaxExcessMs)
        {
            _association.Abort();
            return;
        }

        _events.OnMessageIgnored(CallsChannelResult.TooMany);
    }

    private CallsChannelWriter BeginMessage()
    {
        _outgoing.ResetWrittenCount();
        return new CallsChannelWriter(_outgoing, isServer: !_options.IsClient);
    }

    private bool SendOutgoing(long nowMs, out long messageNumber) => SendBinary(_outgoing.WrittenSpan, nowMs, out messageNumber);

    private bool Send(uint ppid, uint emptyPpid, ReadOnlySpan<byte> message, long nowMs, out long messageNumber)
    {
        _nowMs = nowMs;
        messageNumber = 0;
        if (!IsOpen || (PeerMaxMessageLength > 0 && message.Length > PeerMaxMessageLength))
        {
            return false;
        }

        ReadOnlySpan<byte> empty = [0];
        return message.IsEmpty
            ? _association.Send((ushort)_servedStreamId, emptyPpid, empty, nowMs, out messageNumber)
            : _association.Send((ushort)_servedStreamId, ppid, message, nowMs, out messageNumber);
    }
}
