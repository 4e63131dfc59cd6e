using Calls.Rtc.Sfu.Layers;

namespace Calls.Rtc.Sfu;

/// <summary>Decides what the streams of a client are to the call, and keeps its tracks (media.md 4.1).</summary>
/// <remarks>Owned by the participant's loop, but for <see cref="Snapshot"/>.</remarks>
internal sealed class PublishedTracks(MediaParticipant publisher, IMediaParticipantEvents events)
{
    // ScreenOn may come after the screen's audio, which then looks like a voice (DEV-12).
    private const long MaxReclassifyMs = 10_000;

    private PublishedTrack[] _tracks = [];

    /// <summary>Any thread: the tracks in the order in which a joiner receives them.</summary>
    public PublishedTrack[] Snapshot => Volatile.Read(ref _tracks);

    /// <summary>Any thread.</summary>
    public bool HasVideo
    {
        get
        {
            foreach (PublishedTrack track in Snapshot)
            {
                if (track.Codec.Kind() == TrackKind.Video)
                {
                    return true;
                }
            }

            return false;
        }
    }

    public PublishedTrack? Voice => Find(TrackType.Voice, RtpCodec.Opus);

    /// <summary>Makes a pending stream the source of a track if what it shows is known.</summary>
    public void Classify(InboundStream stream, InboundDescription description, long nowMs)
    {
        if (TypeOf(stream, description) is { } type)
        {
            Start(stream, type, nowMs);
        }
    }

    /// <summary>Applies new stream ids: ends what is no screen any more, and classifies what waited for its name.</summary>
    public void Reclassify(ReadOnlySpan<InboundStream> streams, InboundDescription description, long nowMs)
    {
        foreach (InboundStream stream in streams)
        {
            bool isScreen = IsScreen(stream, description);
            if (stream is { State: InboundStreamState.Active, Track.Type: TrackType.Screen or TrackType.ScreenAudio } && !isScreen)
            {
                End(stream.Track);
                stream.State = InboundStreamState.Retired;
            }
            else if (stream is { State: InboundStreamState.Active, Track.Type: TrackType.Voice } && isScreen
                && nowMs - stream.ClassifiedMs <= MaxReclassifyMs)
            {
                GiveBackVoice(stream.Track, stream);
                Start(stream, TrackType.ScreenAudio, nowMs);
            }
            else if (stream.State == InboundStreamState.Retired && isScreen)
            {
                Classify(stream, description, nowMs);
            }
            else if (stream.State == InboundStreamState.Pending && stream.Codec.Kind() == TrackKind.Video)
            {
                Classify(stream, description, nowMs);
            }
        }
    }

    /// <summary>A stream is gone for good.</summary>
    public void Remove(InboundStream stream)
    {
        if (stream is { State: InboundStreamState.Active, Track: { } track })
        {
            track.Layers[stream.Layer].Restart(null);
            if (track.Source is null)
            {
                End(track);
            }
        }

        stream.State = InboundStreamState.Retired;
    }

    public void EndAll()
    {
        foreach (PublishedTrack track in Snapshot)
        {
            foreach (PublishedLayer layer in track.Layers)
            {
                if (layer.Source is { } source)
                {
                    source.State = InboundStreamState.Retired;
                }
            }

            End(track);
        }
    }

    // Only the publisher's own ids count (DEV-13). A video stream without a name stays pending (DEV-12).
    private static TrackType? TypeOf(InboundStream stream, InboundDescription description)
    {
        bool isScreen = IsScreen(stream, description);
        if (stream.Codec.Kind() == TrackKind.Audio)
        {
            return isScreen ? TrackType.ScreenAudio : TrackType.Voice;
        }

        if (isScreen)
        {
            return TrackType.Screen;
        }

        return IsNamed(stream, description.VideoStreamId) ? TrackType.Video : null;
    }

    private static bool IsScreen(InboundStream stream, InboundDescription description) => IsNamed(stream, description.ScreenStreamId);

    private static bool IsNamed(InboundStream stream, string? streamId) =>
        !string.IsNullOrEmpty(streamId) && stream.Section?.Section.StreamId == streamId;

    private void Start(InboundStream stream, TrackType type, long nowMs)
    {
        PublishedTrack? track = Find(type, stream.Codec);
        if (track is not null)
        {
            InboundStream? before = track.Layers[stream.Layer].Source;

            // A source that is still sending is not replaced. A microphone is changed while muted (media.md 4.1), so whatever
            // starts beside a live voice is something else that waits for its name.
            if (before?.IsLive(nowMs) == true)
            {
                stream.State = InboundStreamState.Pending;
                return;
            }

            if (before is not null)
            {
                before.State = InboundStreamState.Retired;
                before.Replaced = null;
                stream.Replaced = before;
            }

            Activate(stream, track, nowMs);
            if (before is not null)
            {
                track.RequestKeyFrame(stream.Layer);
            }

            return;
        }

        track = new PublishedTrack(publisher, type, stream, nowMs);
        Activate(stream, track, nowMs);
        Volatile.Write(ref _tracks, [.. _tracks.Append(track).OrderBy(other => other.Type)]);
        track.RequestKeyFrame(stream.Layer);
        events.OnTrackStarted(track);
    }

    private static void Activate(InboundStream stream, PublishedTrack track, long nowMs)
    {
        stream.State = InboundStreamState.Active;
        stream.Track = track;
        stream.ClassifiedMs = nowMs;
        track.Layers[stream.Layer].Restart(stream);
    }

    // The stream was no voice after all: the one it had displaced is the voice again.
    private void GiveBackVoice(PublishedTrack voice, InboundStream stream)
    {
        InboundStream? previous = stream.Replaced;
        stream.Replaced = null;
        if (previous is null)
        {
            End(voice);
            return;
        }

        Activate(previous, voice, previous.ClassifiedMs);
    }

    private void End(PublishedTrack track)
    {
        if (track.IsEnded)
        {
            return; // with the first of its layers
        }

        Volatile.Write(ref _tracks, [.. _tracks.Where(other => other != track)]);
        track.End();
        events.OnTrackEnded(track);
    }

    private PublishedTrack? Find(TrackType type, RtpCodec codec)
    {
        foreach (PublishedTrack track in _tracks)
        {
            if (track.Type == type && track.Codec == codec)
            {
                return track;
            }
        }

        return null;
    }
}
