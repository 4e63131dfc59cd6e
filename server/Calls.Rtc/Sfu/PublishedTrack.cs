namespace Calls.Rtc.Sfu;

/// <summary>One track of a session that the others of the call may receive.</summary>
internal sealed class PublishedTrack
{
    public MediaParticipant Publisher => throw new NotImplementedException();

    public TrackType Type => throw new NotImplementedException();

    public RtpCodec Codec => throw new NotImplementedException();

    /// <summary><c>type_session_random8</c>: the second token of msid (media.md 3.5). The stream id is the publisher's session id.</summary>
    public string TrackId => throw new NotImplementedException();

    /// <summary>Mid of the publisher's section.</summary>
    public string Mid => throw new NotImplementedException();

    public bool IsEnded => throw new NotImplementedException();

    /// <summary>Any thread. <c>false</c>: the track has ended. Asks for a key frame if it is video.</summary>
    /// <exception cref="InvalidOperationException">The forwarder was added before, or leads back to the publisher.</exception>
    public bool AddSubscriber(TrackForwarder forwarder) => throw new NotImplementedException();

    /// <summary>Any thread. The forwarder is spent afterwards: a section that gets another track gets another SSRC.</summary>
    public void RemoveSubscriber(TrackForwarder forwarder) => throw new NotImplementedException();

    /// <summary>Any thread.</summary>
    public void RequestKeyFrame() => throw new NotImplementedException();
}
