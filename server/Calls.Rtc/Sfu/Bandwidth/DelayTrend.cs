namespace Calls.Rtc.Sfu.Bandwidth;

/// <summary>
/// Tells from the slope of the one-way delay over the last groups whether a queue builds up, against a threshold that adapts to
/// the path's own jitter (draft-ietf-rmcat-gcc-02, sections 5.3 and 5.4, with a line fitted by least squares for a filter).
/// </summary>
/// <remarks>Allocates nothing after construction.</remarks>
internal sealed class DelayTrend
{
    private const int Window = 20;
    private const double Smoothing = 0.9;

    // The slope is small: weighed by how many groups it rests on, up to this many, and by the gain.
    private const int MaxWeight = 60;
    private const double Gain = 4;

    private const double InitialThresholdMs = 12.5;
    private const double MinThresholdMs = 6;
    private const double MaxThresholdMs = 600;
    private const double ThresholdUp = 0.0087;
    private const double ThresholdDown = 0.039;

    // A peak this far out is an event of its own and must not raise the threshold.
    private const double MaxThresholdDistanceMs = 15;
    private const double MaxThresholdStepMs = 100;
    private const double OveruseMs = 10;

    private readonly double[] _times = new double[Window];
    private readonly double[] _delays = new double[Window];
    private int _count;
    private double _firstArrivalMs = double.NaN;
    private double _accumulated;
    private double _smoothed;
    private double _threshold = InitialThresholdMs;
    private double _lastArrivalMs;
    private double _lastTrend;
    private double _overuseMs = -1;
    private int _overuses;

    public DelaySignal Signal { get; private set; }

    /// <summary>Takes the distance of two groups; see <see cref="ArrivalGroups"/>.</summary>
    public void OnGroup(double sentDeltaMs, double arrivalDeltaMs, double arrivalMs)
    {
        _firstArrivalMs = double.IsNaN(_firstArrivalMs) ? arrivalMs : _firstArrivalMs;
        _accumulated += arrivalDeltaMs - sentDeltaMs;
        _smoothed = (Smoothing * _smoothed) + ((1 - Smoothing) * _accumulated);
        int slot = _count++ % Window;
        (_times[slot], _delays[slot]) = (arrivalMs - _firstArrivalMs, _smoothed);
        if (_count < Window)
        {
            return;
        }

        double trend = Slope() * Math.Min(_count, MaxWeight) * Gain;
        Detect(trend, sentDeltaMs);
        Adapt(trend, arrivalMs);
        _lastTrend = trend;
    }

    private double Slope()
    {
        double meanTime = 0;
        double meanDelay = 0;
        for (int i = 0; i < Window; i++)
        {
            meanTime += _times[i] / Window;
            meanDelay += _delays[i] / Window;
        }

        double covariance = 0;
        double variance = 0;
        for (int i = 0; i < Window; i++)
        {
            covariance += (_times[i] - meanTime) * (_delays[i] - meanDelay);
            variance += (_times[i] - meanTime) * (_times[i] - meanTime);
        }

        return variance > 0 ? covariance / variance : 0;
    }

    private void Detect(double trend, double sentDeltaMs)
    {
        if (trend > _threshold)
        {
            _overuseMs = _overuseMs < 0 ? sentDeltaMs / 2 : _overuseMs + sentDeltaMs;
            _overuses++;
            if (_overuseMs > OveruseMs && _overuses > 1 && trend >= _lastTrend)
            {
                (_overuseMs, _overuses) = (0, 0);
                Signal = DelaySignal.Overuse;
            }

            return;
        }

        (_overuseMs, _overuses) = (-1, 0);
        Signal = trend < -_threshold ? DelaySignal.Underuse : DelaySignal.Normal;
    }

    private void Adapt(double trend, double arrivalMs)
    {
        double step = Math.Min(arrivalMs - _lastArrivalMs, MaxThresholdStepMs);
        _lastArrivalMs = arrivalMs;
        double distance = Math.Abs(trend) - _threshold;
        if (distance <= MaxThresholdDistanceMs)
        {
            _threshold += (distance < 0 ? ThresholdDown : ThresholdUp) * distance * Math.Max(0, step);
            _threshold = Math.Clamp(_threshold, MinThresholdMs, MaxThresholdMs);
        }
    }
}
