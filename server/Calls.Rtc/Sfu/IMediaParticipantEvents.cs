namespace Calls.Rtc.Sfu;

/// <summary>What a participant's media tells its session. Called on the owning loop where nothing else is said, so it must not block.</summary>
internal interface IMediaParticipantEvents
{
    /// <summary>The first packet of a track arrived and its type is known: offer it to the other sessions of the call.</summary>
    void OnTrackStarted(PublishedTrack track);

    /// <summary>The track will send no more: withdraw it from every subscriber.</summary>
    void OnTrackEnded(PublishedTrack track);

    /// <summary>
    /// Some subscriber waits for a key frame or a retransmission: <see cref="MediaParticipant.AnswerRequests"/> saves it the time to
    /// the next tick. Any thread.
    /// </summary>
    void OnRequestsWaiting();

    /// <summary>Speech began or ended (media.md 4.10). Every mute reports <c>false</c> once, also when nobody spoke.</summary>
    void OnVoiceActivity(bool isSpeaking);
}
