namespace Calls.Rtc.Sfu;

/// <summary>Tells speech from silence by how much the audio level varies, not by how loud it is (media.md 4.10).</summary>
/// <param name="windowLength">Levels looked at; 50 are one second of 20 ms packets.</param>
internal sealed class VoiceActivityDetector(int windowLength = 50)
{
    private const int ActivationDeviation = 10;
    private const int DeactivationDeviation = 4;
    private const long MinActiveMs = 2000;

    private readonly byte[] _levels = new byte[windowLength];
    private int _count;
    private int _next;
    private int _sum;
    private int _sumOfSquares;
    private long _activeSinceMs;

    public bool IsSpeaking { get; private set; }

    /// <summary>Mean of the window rounded to the nearest integer, as of the last evaluation.</summary>
    public byte Average { get; private set; }

    /// <summary>Sample standard deviation around <see cref="Average"/>, rounded to the nearest integer, as of the last evaluation.</summary>
    public byte Deviation { get; private set; }

    /// <param name="level">0 (loudest) to 127 (silence); the V bit already removed.</param>
    /// <returns>Whether <see cref="IsSpeaking"/> changed.</returns>
    public bool Push(byte level, long nowMs)
    {
        // The push that fills the window evaluates nothing: the first evaluation is the one after it.
        bool wasFull = _count == _levels.Length;
        Store(level, wasFull);
        if (!wasFull)
        {
            return false;
        }

        Evaluate();
        if (!IsSpeaking && Deviation > ActivationDeviation)
        {
            IsSpeaking = true;
            _activeSinceMs = nowMs;
            return true;
        }

        if (IsSpeaking && Deviation < DeactivationDeviation && nowMs - _activeSinceMs >= MinActiveMs)
        {
            IsSpeaking = false;
            return true;
        }

        return false;
    }

    /// <summary>Empties the window and returns to silence.</summary>
    public void Reset()
    {
        (_count, _next, _sum, _sumOfSquares) = (0, 0, 0, 0);
        (IsSpeaking, Average, Deviation) = (false, 0, 0);
    }

    private void Store(byte level, bool isFull)
    {
        if (isFull)
        {
            byte oldest = _levels[_next];
            _sum -= oldest;
            _sumOfSquares -= oldest * oldest;
        }
        else
        {
            _count++;
        }

        _levels[_next] = level;
        _next = (_next + 1) % _levels.Length;
        _sum += level;
        _sumOfSquares += level * level;
    }

    private void Evaluate()
    {
        int count = _levels.Length;
        int average = ((2 * _sum) + count) / (2 * count);

        // The sum of (x - average) squared, expanded so that no pass over the window is needed.
        int squares = _sumOfSquares - (2 * average * _sum) + (count * average * average);
        Average = (byte)average;
        Deviation = (byte)Math.Round(Math.Sqrt((double)squares / (count - 1)), MidpointRounding.AwayFromZero);
    }
}
