using Calls.Rtc.Rtp;
using Calls.Rtc.Sdp;
using Calls.Rtc.Srtp;

namespace Calls.Rtc.Client;

/// <summary>A track of our own: its numbering and what it has sent. Made by <see cref="RtcClient.AddTrack"/>.</summary>
public sealed class SentTrack
{
    private ushort _sequence;
    private RolloverCounter _rollover;
    private SrtcpIndex _reports;

    internal SentTrack(OutgoingTrack track, ushort firstSequenceNumber)
    {
        Track = track;
        _sequence = firstSequenceNumber;
    }

    public OutgoingTrack Track { get; }

    /// <summary>Where it is sent; <c>null</c> until the server has agreed to receive it.</summary>
    public SendingSection? Section { get; private set; }

    public uint Ssrc => Section?.Ssrc ?? 0;

    public long Packets { get; private set; }

    /// <summary>Payload bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>What the server's last report said was lost; <c>null</c> before one.</summary>
    public int? ReportedLost { get; internal set; }

    /// <summary>Reports of the server on this track.</summary>
    public int ReceiverReports { get; internal set; }

    internal uint ClockRate => Track.Kind == MediaKind.Audio ? 48_000u : 90_000u;

    internal uint LastTimestamp { get; private set; }

    internal long LastSentMs { get; private set; }

    internal byte PayloadType { get; private set; }

    internal RtpExtensionIds ExtensionIds { get; private set; }

    internal void Apply(SendingSection? section)
    {
        // An SSRC that was drawn anew starts over: its numbers belong to other keys' nonces (media.md 9.6).
        if (section?.Ssrc != Section?.Ssrc)
        {
            (_rollover, _reports) = (default, default);
        }

        Section = section?.Find(Track.Codec) is not null ? section : null;
        if (Section is not null)
        {
            PayloadType = section!.Find(Track.Codec)!.Value.PayloadType;
            ExtensionIds = new(section.Extensions.AudioLevel, section.Extensions.TransportCc);
        }
    }

    internal bool TryNumber(out ushort sequenceNumber, out uint rolloverCounter)
    {
        sequenceNumber = _sequence++;
        return _rollover.TryGet(sequenceNumber, out rolloverCounter);
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
