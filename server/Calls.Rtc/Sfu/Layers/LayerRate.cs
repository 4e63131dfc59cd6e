namespace Calls.Rtc.Sfu.Layers;

/// <summary>Bit rate of a layer without its key frames, up to each of its temporal layers, over sliding windows of 2 s.</summary>
/// <remarks>Written by the publisher's loop, read by any thread. Allocates nothing after construction.</remarks>
internal sealed class LayerRate
{
    /// <summary>Temporal layers told apart: all that VP8's two bits can name.</summary>
    public const int MaxTemporalLayers = 4;

    private const long BucketMs = 500;
    private const int WindowBuckets = 4;

    // What a layer needed within this time it may need again at any moment: a slide that turns, a window that moves.
    private const int PeakBuckets = 20;

    private readonly long[] _bytes = new long[PeakBuckets * MaxTemporalLayers];
    private readonly long[] _recent = new long[MaxTemporalLayers];
    private readonly long[] _peak = new long[MaxTemporalLayers];
    private long _bucket = -1;
    private int _closedBuckets;
    private int _temporalLayers;

    /// <summary>Temporal layers seen within the last 10 s; 1 without.</summary>
    public int TemporalLayers => Math.Max(1, Volatile.Read(ref _temporalLayers));

    /// <summary>Average of the last 2 s in bit/s, up to and with a temporal layer; 0 before half a second has been seen.</summary>
    public long Recent(int temporalLayer) => Volatile.Read(ref _recent[Math.Min(temporalLayer, MaxTemporalLayers - 1)]);

    /// <summary>The highest such average of the last 10 s.</summary>
    public long Peak(int temporalLayer) => Volatile.Read(ref _peak[Math.Min(temporalLayer, MaxTemporalLayers - 1)]);

    public void Add(int lengthBytes, int temporalLayer, long nowMs)
    {
        long bucket = nowMs / BucketMs;
        if (bucket != _bucket)
        {
            Advance(bucket);
        }

        _bytes[Index(bucket, Math.Min(temporalLayer, MaxTemporalLayers - 1))] += lengthBytes;
    }

    private static int Index(long bucket, int temporalLayer) => ((int)(bucket % PeakBuckets) * MaxTemporalLayers) + temporalLayer;

    private void Advance(long bucket)
    {
        if (_bucket >= 0)
        {
            _closedBuckets = (int)Math.Min(_closedBuckets + bucket - _bucket, PeakBuckets - 1);
        }

        // Buckets in which nothing came count as empty ones.
        for (long empty = _bucket < 0 ? bucket : Math.Max(_bucket + 1, bucket - PeakBuckets + 1); empty <= bucket; empty++)
        {
            _bytes.AsSpan(Index(empty, 0), MaxTemporalLayers).Clear();
        }

        _bucket = bucket;
        Measure();
    }

    private void Measure()
    {
        int temporalLayers = 0;
        long total = 0;
        Span<long> peaks = stackalloc long[MaxTemporalLayers];
        Span<long> cumulative = stackalloc long[MaxTemporalLayers];
        peaks.Clear();
        int window = Math.Min(WindowBuckets, _closedBuckets);
        for (int start = 0; window > 0 && start <= _closedBuckets - window; start++)
        {
            cumulative.Clear();
            for (int i = 1; i <= window; i++)
            {
                for (int layer = 0; layer < MaxTemporalLayers; layer++)
                {
                    long bytes = _bytes[Index(_bucket - start - i, layer)];
                    cumulative[layer] += bytes;
                    temporalLayers = bytes > 0 ? Math.Max(temporalLayers, layer + 1) : temporalLayers;
                }
            }

            total = 0;
            for (int layer = 0; layer < MaxTemporalLayers; layer++)
            {
                total += cumulative[layer];
                long bitsPerSecond = total * 8 * 1000 / (window * BucketMs);
                peaks[layer] = Math.Max(peaks[layer], bitsPerSecond);
                if (start == 0)
                {
                    Volatile.Write(ref _recent[layer], bitsPerSecond);
                }
            }
        }

        for (int layer = 0; layer < MaxTemporalLayers; layer++)
        {
            Volatile.Write(ref _peak[layer], peaks[layer]);
        }

        Volatile.Write(ref _temporalLayers, temporalLayers);
    }
}
