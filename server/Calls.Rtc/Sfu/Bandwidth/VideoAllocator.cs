using Calls.Rtc.Sfu.Layers;

namespace Calls.Rtc.Sfu.Bandwidth;

/// <summary>
/// Gives each video stream of one client the best of its operating points (layer and temporal layers) that the client's path
/// carries beside its audio: screens before cameras, down at once, up with a margin and not too often (media.md 4.6).
/// </summary>
/// <remarks>Owned by the subscriber's loop; allocates nothing.</remarks>
internal sealed class VideoAllocator
{
    // What a higher layer is to leave free: its rate varies, and falling back costs two key frames.
    private const double LayerMargin = 1.2;
    private const double TemporalMargin = 1.1;

    // A stream that does not quite fit is better than none.
    private const double LastPointFactor = 0.8;

    // An estimate may be wrong for a moment: before a stream is stopped its lowest point is tried this long.
    private const long PatienceMs = 2000;

    private const long TemporalPauseMs = 2000;
    private const long SettleMs = 2000;

    private bool _isCongested;

    /// <summary>What it would take to give some stream its next better point, all others and the margin included; 0: nothing is wanted.</summary>
    public long WantedBitsPerSecond { get; private set; }

    /// <summary>What all video streams are given.</summary>
    public long AllocatedBitsPerSecond { get; private set; }

    /// <param name="forwarders">Of one client; audio is skipped.</param>
    /// <param name="budgetBitsPerSecond">For all video; <c>null</c>: unknown, everything gets its lowest layer.</param>
    /// <param name="isCongested">
    /// The path has just shown its limit. If not, nothing is taken away: what is sent varies, and the budget knows only what was
    /// sent before.
    /// </param>
    public void Allocate(IReadOnlyList<TrackForwarder> forwarders, long? budgetBitsPerSecond, bool isCongested, long nowMs)
    {
        _isCongested = isCongested;
        (WantedBitsPerSecond, AllocatedBitsPerSecond) = (0, 0);
        long remaining = budgetBitsPerSecond ?? long.MaxValue;
        for (TrackType type = TrackType.Voice; type <= TrackType.Video; type++)
        {
            for (int i = 0; i < forwarders.Count; i++)
            {
                TrackForwarder forwarder = forwarders[i];
                if (forwarder.Track is not { IsEnded: false } track || track.Codec.Kind() != TrackKind.Video || track.Type != type)
                {
                    continue;
                }

                LayerTarget target = LayerTarget.Lowest;
                long needed = 0;
                if (budgetBitsPerSecond is not null)
                {
                    target = Choose(track, forwarder.Allocation, remaining, nowMs, out needed);
                }

                forwarder.Allocation.Set(target, nowMs);
                forwarder.Layers.Target = target;
                remaining = Math.Max(0, remaining - needed);
                AllocatedBitsPerSecond += needed;
            }
        }

        // Wanted beyond what is spent, so far per stream only.
        WantedBitsPerSecond = WantedBitsPerSecond == 0 ? 0 : WantedBitsPerSecond + AllocatedBitsPerSecond;
    }

    private LayerTarget Choose(PublishedTrack track, VideoAllocation allocation, long budget, long nowMs, out long needed)
    {
        LayerTarget current = allocation.Target;
        long nextBetter = 0;
        LayerTarget lowest = LayerTarget.Nothing;
        long lowestNeeded = 0;
        for (int layer = track.Layers.Length - 1; layer >= 0; layer--)
        {
            LayerRate rate = track.Layers[layer].Rate;
            if (track.HasStopped(layer) || (layer > 0 && rate.Recent(LayerTarget.AllTemporalLayers) == 0))
            {
                continue;
            }

            int top = rate.TemporalLayers - 1;

            // The base alone of an upper layer shows few pictures for what the whole lower layer costs.
            int bottom = layer > 0 && top >= 2 ? 1 : 0;
            for (int temporal = top; temporal >= bottom; temporal--)
            {
                var point = new LayerTarget(layer, temporal == top ? LayerTarget.AllTemporalLayers : temporal);
                bool isBetter = IsBetter(point, current);
                needed = !isBetter ? rate.Recent(temporal)
                    : current.IsNothing ? WithMargin(rate.Recent(temporal), isLayer: false)
                    : WithMargin(rate.Peak(temporal), layer > current.Layer);
                bool fits = needed <= budget || (!isBetter && !_isCongested && !current.IsNothing);
                if (fits && (!isBetter || MayRaise(allocation, point, nowMs)))
                {
                    allocation.UnfitSinceMs = null;
                    needed = rate.Recent(temporal);
                    NoteWanted(nextBetter, needed);
                    return point;
                }

                nextBetter = isBetter && MayRaise(allocation, point, nowMs) ? needed : nextBetter;
                (lowest, lowestNeeded) = (point, rate.Recent(temporal));
            }
        }

        needed = 0;
        if (lowest.IsNothing)
        {
            return LayerTarget.Lowest; // nothing arrives: let it begin when it does
        }

        bool isUnfit = lowestNeeded * LastPointFactor > budget;
        allocation.UnfitSinceMs = isUnfit ? allocation.UnfitSinceMs ?? nowMs : null;
        if (!current.IsNothing && (!isUnfit || nowMs - allocation.UnfitSinceMs < PatienceMs))
        {
            needed = lowestNeeded;
            NoteWanted(nextBetter, needed);
            return lowest;
        }

        NoteWanted(Math.Max(nextBetter, WithMargin(lowestNeeded, isLayer: false)), 0);
        return LayerTarget.Nothing;
    }

    private void NoteWanted(long better, long given)
    {
        if (better > given)
        {
            WantedBitsPerSecond = Math.Max(WantedBitsPerSecond, better - given);
        }
    }

    private static bool IsBetter(LayerTarget point, LayerTarget current) =>
        point.Layer > current.Layer || (point.Layer == current.Layer && point.TemporalLayer > current.TemporalLayer);

    private static bool MayRaise(VideoAllocation allocation, LayerTarget point, long nowMs)
    {
        if (point.Layer <= allocation.Target.Layer || allocation.Target.IsNothing)
        {
            return nowMs - allocation.ChangedMs >= TemporalPauseMs;
        }

        return allocation.MayRaise(nowMs) && nowMs - (allocation.StartedMs ?? nowMs) >= SettleMs;
    }

    private static long WithMargin(long bitsPerSecond, bool isLayer) => (long)(bitsPerSecond * (isLayer ? LayerMargin : TemporalMargin));
}
