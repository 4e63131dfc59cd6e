using Calls.Rtc.Sfu;

namespace Calls.Rtc.Sessions;

/// <summary>What the tracks that have ended carried, so that totals never fall.</summary>
internal sealed class TrafficTotals
{
    private readonly Lock _gate = new();
    private readonly RtcTraffic[] _ended = [.. Enum.GetValues<TrackType>().Select(static type => new RtcTraffic(type.WireName(), 0, 0, 0, 0))];
    private readonly HashSet<PublishedTrack> _live = [];

    public void OnTrackStarted(PublishedTrack track)
    {
        lock (_gate)
        {
            _live.Add(track);
        }
    }

    public void OnTrackEnded(PublishedTrack track)
    {
        lock (_gate)
        {
            if (_live.Remove(track))
            {
                Add(_ended, track);
            }
        }
    }

    /// <summary>One entry per kind of track.</summary>
    public IReadOnlyList<RtcTraffic> Read()
    {
        lock (_gate)
        {
            RtcTraffic[] total = [.. _ended];
            foreach (PublishedTrack track in _live)
            {
                Add(total, track);
            }

            return total;
        }
    }

    private static void Add(RtcTraffic[] totals, PublishedTrack track)
    {
        ref RtcTraffic total = ref totals[(int)track.Type];
        total = total with
        {
            PacketsIn = total.PacketsIn + track.PacketsIn,
            BytesIn = total.BytesIn + track.BytesIn,
            PacketsOut = total.PacketsOut + track.Count(ForwardResult.Sent),
            BytesOut = total.BytesOut + track.BytesOut,
        };
    }
}
