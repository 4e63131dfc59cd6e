using Calls.Rtc.Rtp;
using Calls.Rtc.Sdp;
using Calls.Rtc.Srtp;

namespace Calls.Rtc.Client;

/// <summary>A track of our own: its numbering and what it has sent. Made by <see cref="RtcClient.AddTrack"/>.</summary>
public sealed class SentTrack
{
    private readonly uint _layerSsrc;
    private ushort _sequence;
    private RolloverCounter _rollover;
    private long _highest;
    private SrtcpIndex _reports;
    private byte[] _previous = [];
    private int _previousLength;
    private uint _previousTimestamp;

    internal SentTrack(OutgoingTrack track, ushort firstSequenceNumber)
    {
        Track = track;
        _sequence = firstSequenceNumber;
    }

    /// <param name="rid">Which simulcast layer of the track it is.</param>
    /// <param name="ssrc">Its own: signaling names none.</param>
    internal SentTrack(OutgoingTrack track, ushort firstSequenceNumber, string rid, uint ssrc)
        : this(track, firstSequenceNumber)
    {
        Rid = rid;
        _layerSsrc = ssrc;
    }

    public OutgoingTrack Track { get; }

    /// <summary>Where it is sent; <c>null</c> until the server has agreed to receive it.</summary>
    public SendingSection? Section { get; private set; }

    /// <summary>The simulcast layer; empty without simulcast.</summary>
    public string Rid { get; } = "";

    public uint Ssrc => Section is null ? 0 : _layerSsrc != 0 ? _layerSsrc : Section.Ssrc;

    public long Packets { get; private set; }

    /// <summary>Payload bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Packets that were sent again because the server asked.</summary>
    public long Retransmissions => History?.Retransmissions ?? 0;

    /// <summary>What the server's last report said was lost; <c>null</c> before one.</summary>
    public int? ReportedLost { get; internal set; }

    /// <summary>Reports of the server on this track.</summary>
    public int ReceiverReports { get; internal set; }

    internal uint ClockRate => Track.Kind == MediaKind.Audio ? 48_000u : 90_000u;

    internal uint LastTimestamp { get; private set; }

    internal long LastSentMs { get; private set; }

    internal byte PayloadType { get; private set; }

    /// <summary>Payload type of Opus that repeats itself (RFC 2198); <c>null</c>: plain Opus is sent.</summary>
    internal byte? RedPayloadType { get; private set; }

    /// <summary>What is kept to be sent again; <c>null</c> if the server sends no NACKs for it.</summary>
    internal SentHistory? History { get; private set; }

    internal RtpExtensionIds ExtensionIds { get; private set; }

    internal void Apply(SendingSection? section)
    {
        // An SSRC that was drawn anew starts over: its numbers belong to other keys' nonces (media.md 9.6).
        if (section?.Ssrc != Section?.Ssrc)
        {
            (_rollover, _reports, History) = (default, default, null);
        }

        Section = section?.Find(Track.Codec) is not null ? section : null;
        if (Section is not null)
        {
            NegotiatedCodec codec = section!.Find(Track.Codec)!.Value;
            PayloadType = codec.PayloadType;
            RedPayloadType = codec.RedPayloadType;
            if (codec.Feedback.HasFlag(RtcpFeedback.Nack) && Track.Kind == MediaKind.Video)
            {
                // A layer repeats itself on its own SSRC: there is one for retransmissions per section only.
                History ??= new(codec.RtxPayloadType is null || Rid.Length > 0 ? 0 : section.RtxSsrc, codec.RtxPayloadType ?? 0);
            }

            ExtensionIds = new(section.Extensions.AudioLevel, section.Extensions.TransportCc);
        }
    }

    /// <summary>The number of a packet sent before, with its rollover counter in the upper bits.</summary>
    internal long Extend(ushort number) => SequenceNumber.Extend(number, _highest);

    internal bool TryNumber(out ushort sequenceNumber, out uint rolloverCounter)
    {
        sequenceNumber = _sequence++;
        bool isLeft = _rollover.TryGet(sequenceNumber, out rolloverCounter);
        _highest = ((long)rolloverCounter << 16) | sequenceNumber;
        return isLeft;
    }

    /// <summary>Writes a payload with the one before it, which is at most 14 bits of ticks old (RFC 2198, section 3).</summary>
    internal int WriteRed(Span<byte> destination, ReadOnlySpan<byte> payload, uint timestamp)
    {
        uint age = timestamp - _previousTimestamp;
        ReadOnlySpan<byte> previous = age < 1 << 14 ? _previous.AsSpan(0, _previousLength) : [];
        int length = RedPayload.Write(destination, PayloadType, previous, (int)(age & 0x3FFF), payload);
        if (_previous.Length == 0)
        {
            _previous = new byte[RedPayload.MaxBlockLength];
        }

        _previousLength = payload.Length <= _previous.Length ? payload.Length : 0;
        payload[.._previousLength].CopyTo(_previous);
        _previousTimestamp = timestamp;
        return length;
    }

    internal bool TryNumberReport(out uint index) => _reports.TryNext(out index);

    internal void OnSent(int payloadBytes, uint timestamp, long nowMs)
    {
        Packets++;
        Bytes += payloadBytes;
        LastTimestamp = timestamp;
        LastSentMs = nowMs;
    }
}
