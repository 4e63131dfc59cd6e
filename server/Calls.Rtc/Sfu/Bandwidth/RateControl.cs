namespace Calls.Rtc.Sfu.Bandwidth;

/// <summary>
/// Follows the delay: up while the queue is at rest, down below what arrives when it grows (draft-ietf-rmcat-gcc-02,
/// section 5.5).
/// </summary>
internal struct RateControl
{
    /// <summary>Of what arrived, when the queue grows.</summary>
    private const double DecreaseFactor = 0.85;

    // If less than this part of the estimate was sent, what arrived does not show what the path carries: one step down, no more.
    private const double BusyFactor = 0.7;
    private const double IdleDecreaseFactor = 0.7;

    private const double IncreasePerSecond = 1.08;

    // Close to where the queue grew last time: about one packet per response time.
    private const double CarefulBitsPerSecond = 50_000;

    // What was never sent cannot be known to arrive: this far beyond what arrives the estimate may go.
    private const double MaxOverDelivered = 1.5;
    private const long MaxOverDeliveredBits = 10_000;

    // The feedback about a decrease takes about this long.
    private const long DecreaseIntervalMs = 300;

    private double _bitsPerSecond;
    private double _capacity;
    private double _capacityDeviation;
    private long _lastMs;
    private long _lastDecreaseMs;
    private bool _isHolding;

    public RateControl(long startBitsPerSecond)
    {
        _bitsPerSecond = startBitsPerSecond;
        _lastDecreaseMs = long.MinValue / 2;
        _lastMs = -1;
    }

    public readonly long BitsPerSecond => (long)_bitsPerSecond;

    /// <summary>When the queue last grew; long ago before it ever did.</summary>
    public readonly long LastDecreaseMs => _lastDecreaseMs;

    /// <summary>A probe arrived at this rate.</summary>
    public void RaiseTo(long bitsPerSecond) => _bitsPerSecond = Math.Max(_bitsPerSecond, bitsPerSecond);

    /// <param name="deliveredBitsPerSecond">What arrived lately; 0 if not known.</param>
    /// <param name="latestBitsPerSecond">The same over a shorter time.</param>
    /// <param name="sentBitsPerSecond">What was sent lately.</param>
    public void Update(DelaySignal signal, long deliveredBitsPerSecond, long latestBitsPerSecond, long sentBitsPerSecond, long nowMs)
    {
        double seconds = _lastMs < 0 ? 0 : Math.Min(nowMs - _lastMs, 1000) / 1000.0;
        _lastMs = nowMs;
        switch (signal)
        {
            case DelaySignal.Overuse when nowMs - _lastDecreaseMs >= DecreaseIntervalMs:
                Decrease(Math.Max(deliveredBitsPerSecond, latestBitsPerSecond), sentBitsPerSecond, nowMs);
                break;
            case DelaySignal.Overuse or DelaySignal.Underuse:
                _isHolding = true;
                break;
            case DelaySignal.Normal when _isHolding:
                _isHolding = false;
                break;
            default:
                Increase(deliveredBitsPerSecond, seconds);
                break;
        }
    }

    private void Decrease(long delivered, long sent, long nowMs)
    {
        double least = sent < BusyFactor * _bitsPerSecond ? IdleDecreaseFactor * _bitsPerSecond : 0;
        (_lastDecreaseMs, _isHolding) = (nowMs, true);
        double measured = delivered > 0 ? delivered : _bitsPerSecond;
        LearnCapacity(measured);
        _bitsPerSecond = Math.Min(_bitsPerSecond, Math.Max(DecreaseFactor * measured, least));
    }

    // In units of its own size, so that one deviation fits narrow and wide paths.
    private void LearnCapacity(double measured)
    {
        if (_capacity <= 0 || Math.Abs(measured - _capacity) > 3 * Math.Max(_capacityDeviation, 0.05 * _capacity))
        {
            (_capacity, _capacityDeviation) = (measured, 0.1 * measured);
            return;
        }

        _capacityDeviation = (0.95 * _capacityDeviation) + (0.05 * Math.Abs(measured - _capacity));
        _capacity = (0.95 * _capacity) + (0.05 * measured);
    }

    private void Increase(long delivered, double seconds)
    {
        bool isClose = _capacity > 0 && Math.Abs(_bitsPerSecond - _capacity) <= Math.Max(3 * _capacityDeviation, 0.15 * _capacity);
        if (_capacity > 0 && _bitsPerSecond > 1.3 * _capacity)
        {
            _capacity = 0; // the path has become wider
        }

        double increased = isClose ? _bitsPerSecond + (CarefulBitsPerSecond * seconds) : _bitsPerSecond * Math.Pow(IncreasePerSecond, seconds);
        double limit = (MaxOverDelivered * delivered) + MaxOverDeliveredBits;
        _bitsPerSecond = Math.Max(_bitsPerSecond, Math.Min(increased, limit));
    }
}
