namespace Calls.Rtc.Sfu.Bandwidth;

/// <summary>
/// Which part of the packets is lost because of what we send: the loss of about a second, less what the path has lost all along.
/// A radio link drops packets at any rate, and sending less would not help it.
/// </summary>
/// <remarks>Allocates nothing after construction.</remarks>
internal sealed class LossWindows
{
    private const long WindowMs = 1000;
    private const int MinPackets = 20;
    private const int Remembered = 10;

    private readonly double[] _losses = new double[Remembered];
    private int _windows;
    private int _received;
    private int _lost;
    private long _startedMs = -1;

    /// <summary>0 to 1, of the last window.</summary>
    public double Loss { get; private set; }

    /// <summary>What of it is new: above the least of the windows before.</summary>
    public double Excess { get; private set; }

    public void OnPacket(bool isReceived)
    {
        _received += isReceived ? 1 : 0;
        _lost += isReceived ? 0 : 1;
    }

    /// <returns>Whether a window ended, so that <see cref="Loss"/> is new.</returns>
    public bool OnFeedbackEnd(long nowMs)
    {
        if (_startedMs < 0)
        {
            _startedMs = nowMs;
        }

        if (nowMs - _startedMs < WindowMs || _received + _lost < MinPackets)
        {
            return false;
        }

        Loss = (double)_lost / (_received + _lost);
        _losses[_windows++ % Remembered] = Loss;
        double least = 1;
        foreach (double loss in _losses.AsSpan(0, Math.Min(_windows, Remembered)))
        {
            least = Math.Min(least, loss);
        }

        // One window alone cannot tell what is usual.
        Excess = _windows < Remembered ? Loss : Loss - least;
        (_received, _lost, _startedMs) = (0, 0, nowMs);
        return true;
    }
}
