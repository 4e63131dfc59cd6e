using Calls.Rtc.DataChannels;

namespace Calls.Rtc.Client;

/// <summary>What an <see cref="RtcClient"/> sends and tells, from within its methods. Spans are valid during the call only.</summary>
public interface IRtcClientEvents
{
    /// <summary>A datagram for the server.</summary>
    void SendDatagram(ReadOnlySpan<byte> datagram, TransportAddress destination);

    /// <summary>A message for the server's signaling: <see cref="RtcMessageType.Sdp"/> with <c>{"type":...,"sdp":...}</c>.</summary>
    void SendSignal(RtcMessageType type, ReadOnlyMemory<byte> json);

    /// <summary>The data channel is open. Called once.</summary>
    void OnOpen();

    /// <summary>Any message on the data channel, after the client has acted on it.</summary>
    void OnChannelMessage(CallsChannelMessage message);

    /// <summary>A description was applied: <see cref="RtcClient.RemoteTracks"/> and what may be sent can have changed.</summary>
    void OnNegotiated();

    /// <summary>An RTP packet of a remote track.</summary>
    void OnPacket(ReceivedStream stream, in ReceivedPacket packet, long nowMs);

    /// <summary>A subscriber of this video track needs a key frame (PLI).</summary>
    void OnKeyFrameRequested(SentTrack track);

    /// <summary>The client is closed. Called once, last.</summary>
    void OnClosed(RtcClientEnd end);
}
