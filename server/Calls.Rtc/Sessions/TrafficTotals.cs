using Calls.Rtc.Sfu;

namespace Calls.Rtc.Sessions;

/// <summary>What tracks carry and have carried, by group and kind, so that totals never fall.</summary>
internal sealed class TrafficTotals
{
    /// <summary>Groups that are told apart; the rest is counted under an empty name.</summary>
    public const int MaxGroups = 1_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Group, TrackType Type), RtcTraffic> _ended = [];
    private readonly Dictionary<PublishedTrack, string> _live = [];

    public void OnTrackStarted(string groupId, PublishedTrack track)
    {
        lock (_gate)
        {
            _live[track] = groupId;
        }
    }

    public void OnTrackEnded(PublishedTrack track)
    {
        lock (_gate)
        {
            if (_live.Remove(track, out string? groupId))
            {
                Add(_ended, groupId, track);
            }
        }
    }

    /// <summary>One entry per group and kind that there has been.</summary>
    public IReadOnlyList<RtcTraffic> Read()
    {
        lock (_gate)
        {
            var total = new Dictionary<(string Group, TrackType Type), RtcTraffic>(_ended);
            foreach ((PublishedTrack track, string groupId) in _live)
            {
                Add(total, groupId, track);
            }

            return [.. total.Values];
        }
    }

    private static void Add(Dictionary<(string Group, TrackType Type), RtcTraffic> totals, string groupId, PublishedTrack track)
    {
        if (!totals.TryGetValue((groupId, track.Type), out RtcTraffic? total))
        {
            groupId = totals.Count < MaxGroups * Enum.GetValues<TrackType>().Length ? groupId : "";
            total = totals.GetValueOrDefault((groupId, track.Type)) ?? new(groupId, track.Type.WireName(), 0, 0, 0, 0, new long[WriteTimes.Bounds.Length + 1], 0);
        }

        ReadOnlySpan<long> times = track.WriteTimes.Counts;
        long[] writeTimes = new long[times.Length];
        for (int i = 0; i < times.Length; i++)
        {
            writeTimes[i] = total.WriteTimes[i] + times[i];
        }

        totals[(groupId, track.Type)] = total with
        {
            PacketsIn = total.PacketsIn + track.PacketsIn,
            BytesIn = total.BytesIn + track.BytesIn,
            PacketsOut = total.PacketsOut + track.Count(ForwardResult.Sent),
            BytesOut = total.BytesOut + track.BytesOut,
            WriteTimes = writeTimes,
            WriteSeconds = total.WriteSeconds + track.WriteTimes.Sum,
        };
    }
}
