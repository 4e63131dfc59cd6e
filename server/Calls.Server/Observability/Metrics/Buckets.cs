namespace Calls.Server.Observability.Metrics;

/// <summary>The bounds that the official dashboard expects (rtcd.md 10).</summary>
internal static class Buckets
{
    /// <summary>Seconds that an operation takes: Prometheus' own defaults.</summary>
    public static readonly double[] Durations = [.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10];

    /// <summary>Seconds of network delay.</summary>
    public static readonly double[] Latencies = [.001, .005, .0075, .01, .025, .05, .075, .1, .25, .3, .4, .5, .75, 1];

    /// <summary>Shares from 0 to 1.</summary>
    public static readonly double[] Portions = [.001, .005, .0075, .01, .025, .05, .075, .1, .25, .5, .75, 1];

    /// <summary>Milliseconds of audio behind one caption.</summary>
    public static readonly double[] CaptionAudioMs = [2000, 4000, 6000, 8000];
}
