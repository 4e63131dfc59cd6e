using Calls.Rtc.Srtp;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Sfu;

/// <summary>The media half of one session: what its client sends, and what is sent to it.</summary>
/// <remarks>
/// Exactly one loop owns a participant at a time; only that loop calls the methods marked [loop]. Everything else may be
/// called from any thread and takes effect at the next packet or <see cref="Tick"/>.
/// </remarks>
internal sealed class MediaParticipant
{
    public MediaParticipant(string sessionId, IMediaParticipantEvents events, NtpClock clock) => throw new NotImplementedException();

    public string SessionId => throw new NotImplementedException();

    /// <summary>Sender SSRC of the RTCP that belongs to no forwarded stream (reports, feedback).</summary>
    public uint RtcpSsrc => throw new NotImplementedException();

    /// <summary>Where to send to; <c>null</c> stops sending.</summary>
    public TransportPath? Path { get; set; }

    /// <summary>Muted voice is neither forwarded nor heard by the detector. Each set to <c>true</c> reports voice-off once.</summary>
    public bool Muted { get; set; }

    /// <summary>Active tracks of this session: an immutable snapshot, in <see cref="TrackType"/> order.</summary>
    public IReadOnlyList<PublishedTrack> Tracks => throw new NotImplementedException();

    /// <summary>Monotonic ms of the last authenticated SRTP or SRTCP packet; <see cref="long.MinValue"/> before the first.</summary>
    public long LastAuthenticatedMs => throw new NotImplementedException();

    public void SetTransport(SrtpOutbound outbound, SrtpInbound inbound) => throw new NotImplementedException();

    /// <summary>Replaces the set of sections in which the client sends; tracks of sections that are gone end.</summary>
    public void SetReceiving(IReadOnlyList<InboundSection> sections) => throw new NotImplementedException();

    /// <summary>ScreenOn with its stream id, or ScreenOff with <c>null</c>: screen and screen-audio end.</summary>
    public void SetScreenStream(string? streamId) => throw new NotImplementedException();

    /// <summary>VideoOn with its stream id. <c>null</c> (VideoOff) only forgets the id: a camera's track lives as long as its section.</summary>
    public void SetVideoStream(string? streamId) => throw new NotImplementedException();

    /// <summary>An SSRC never used before towards this session, for a <see cref="TrackForwarder"/> (media.md 9.6).</summary>
    public uint AllocateSsrc() => throw new NotImplementedException();

    /// <summary>[loop] Decrypts a packet in place and forwards it to the subscribers of its track.</summary>
    public RtpReceiveResult ReceiveRtp(Span<byte> datagram, long nowMs, IPacketSink sink) => throw new NotImplementedException();

    /// <summary>[loop] Decrypts a compound or reduced-size packet in place and applies it.</summary>
    public RtcpReceiveResult ReceiveRtcp(Span<byte> datagram, long nowMs, IPacketSink sink) => throw new NotImplementedException();

    /// <summary>[loop] Reports, feedback and deadlines. Call it every 20 to 50 ms.</summary>
    public void Tick(long nowMs, IPacketSink sink) => throw new NotImplementedException();

    /// <summary>[loop] Ends all tracks and all subscriptions of this session.</summary>
    public void Close() => throw new NotImplementedException();
}
