using Calls.Rtc.Rtp;

namespace Calls.Rtc.Sfu;

/// <summary>Forwards one published track to one subscriber as a single continuous RTP stream.</summary>
internal sealed class TrackForwarder
{
    /// <param name="ssrc">From <see cref="MediaParticipant.AllocateSsrc"/> of the same receiver.</param>
    /// <param name="payloadType">The subscriber's payload type for the track's codec.</param>
    /// <param name="extensionIds">The subscriber's ids.</param>
    public TrackForwarder(MediaParticipant receiver, uint ssrc, byte payloadType, RtpExtensionIds extensionIds) => throw new NotImplementedException();

    public MediaParticipant Receiver => throw new NotImplementedException();

    public uint Ssrc => throw new NotImplementedException();

    /// <summary>The track it was added to; <c>null</c> before.</summary>
    public PublishedTrack? Track => throw new NotImplementedException();
}
