using Calls.Rtc.Sfu;
using RtpCodec = Calls.Rtc.Sfu.RtpCodec;

namespace Calls.Rtc.Sessions;

/// <summary>
/// Which of a publisher's copies of one picture a session receives (media.md 4.2): AV1 if both support it, VP8 otherwise and
/// while no AV1 comes (DEV-14).
/// </summary>
/// <remarks>Owned by one session's mailbox.</remarks>
/// <param name="acceptsAv1">The session's client can decode AV1.</param>
internal sealed class CodecChoice(bool acceptsAv1)
{
    /// <summary>How long a publisher that can send AV1 may take to do so before its VP8 is delivered.</summary>
    public const long Av1WaitMs = 3000;

    private readonly List<PublishedTrack> _tracks = [];
    private readonly HashSet<PublishedTrack> _chosen = [];

    /// <summary>When <see cref="Choose"/> may come to another result though nothing starts or ends.</summary>
    public long? DeadlineMs { get; private set; }

    public void Add(PublishedTrack track) => _tracks.Add(track);

    public void Remove(PublishedTrack track) => _tracks.Remove(track);

    /// <summary>What has changed since the last call.</summary>
    public (IReadOnlyList<PublishedTrack> Wanted, IReadOnlyList<PublishedTrack> Unwanted) Choose(long nowMs)
    {
        DeadlineMs = null;
        PublishedTrack[] chosen = [.. _tracks.Where(track => IsChosen(track, nowMs))];
        PublishedTrack[] wanted = [.. chosen.Where(track => !_chosen.Contains(track))];
        PublishedTrack[] unwanted = [.. _chosen.Where(track => !chosen.Contains(track))];
        _chosen.ExceptWith(unwanted);
        _chosen.UnionWith(wanted);
        return (wanted, unwanted);
    }

    private bool IsChosen(PublishedTrack track, long nowMs)
    {
        bool mayBeAv1 = acceptsAv1 && track.Publisher.SendsAv1;
        switch (track.Codec)
        {
            case RtpCodec.Av1:
                return mayBeAv1;

            case RtpCodec.Vp8 when mayBeAv1 && HasAv1(track):
                return false;

            case RtpCodec.Vp8 when mayBeAv1 && nowMs - track.StartedMs < Av1WaitMs:
                long deadline = track.StartedMs + Av1WaitMs;
                DeadlineMs = Math.Min(DeadlineMs ?? deadline, deadline);
                return false;

            default:
                return true;
        }
    }

    private bool HasAv1(PublishedTrack track) =>
        _tracks.Exists(other => other.Publisher == track.Publisher && other.Type == track.Type && other.Codec == RtpCodec.Av1);
}
