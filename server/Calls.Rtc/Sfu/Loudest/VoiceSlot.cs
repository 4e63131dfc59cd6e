namespace Calls.Rtc.Sfu.Loudest;

/// <summary>One of the streams in which listeners hear the loudest voices. It belongs to one speaker's loop at a time.</summary>
internal sealed class VoiceSlot
{
    private VoiceCandidate? _wanted;
    private VoiceCandidate? _owner;
    private long _wantedSinceMs;

    public VoiceSlot(int number, NtpClock clock) =>
        Track = new PublishedTrack(new MediaParticipant($"loudest{number}", new NoEvents(), clock), TrackType.Voice, RtpCodec.Opus, nowMs: 0);

    /// <summary>What listeners subscribe to.</summary>
    public PublishedTrack Track { get; }

    /// <summary>Any thread: who is to speak in it.</summary>
    public VoiceCandidate? Wanted => Volatile.Read(ref _wanted);

    /// <summary>Who is to speak in it has been for so long.</summary>
    public long HeldMs(long nowMs) => nowMs - Volatile.Read(ref _wantedSinceMs);

    public void Want(VoiceCandidate? candidate, long nowMs)
    {
        Volatile.Write(ref _wantedSinceMs, nowMs);
        Volatile.Write(ref _wanted, candidate);
    }

    /// <summary>[the candidate's loop] Takes the slot if it is wanted there and nobody has it any more.</summary>
    public bool TryAcquire(VoiceCandidate candidate)
    {
        if (Wanted != candidate || Interlocked.CompareExchange(ref _owner, candidate, null) is not null)
        {
            return false;
        }

        IReadOnlyList<TrackForwarder> listeners = Track.Subscribers;
        for (int i = 0; i < listeners.Count; i++)
        {
            listeners[i].BeginAnew();
        }

        return true;
    }

    /// <summary>[the owner's loop] Whoever acquires it next sees all that was done here.</summary>
    public void Release() => Volatile.Write(ref _owner, null);

    // The track's publisher is nobody: what is asked of it is asked in vain.
    private sealed class NoEvents : IMediaParticipantEvents
    {
        public void OnTrackStarted(PublishedTrack track)
        {
            // Publishes nothing.
        }

        public void OnTrackEnded(PublishedTrack track)
        {
            // Publishes nothing.
        }

        public void OnRequestsWaiting()
        {
            // Voices are neither repeated nor have key frames.
        }

        public void OnVoiceActivity(bool isSpeaking)
        {
            // Says nothing.
        }
    }
}
