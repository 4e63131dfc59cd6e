using Calls.Rtc.Sfu.Layers;

namespace Calls.Rtc.Sfu.Bandwidth;

/// <summary>What one forwarded video stream was given last, and since when.</summary>
/// <remarks>Owned by the subscriber's loop.</remarks>
internal sealed class VideoAllocation
{
    public const long MinBackoffMs = 10_000;
    public const long MaxBackoffMs = 60_000;

    // A layer that could not be kept for this long was taken too early.
    private const long ProvenMs = 30_000;

    private const double BackoffFactor = 1.5;
    private const long Never = long.MinValue / 2;

    private long _backoffMs = MinBackoffMs;
    private long _raisedMs = Never;
    private long _switchedMs = Never;

    public LayerTarget Target { get; private set; } = LayerTarget.Lowest;

    /// <summary>When it was first given anything; <c>null</c> before.</summary>
    public long? StartedMs { get; private set; }

    public long ChangedMs { get; private set; } = Never;

    /// <summary>Since when not even the lowest point fits; <c>null</c> while it does.</summary>
    public long? UnfitSinceMs { get; set; }

    /// <summary>Whether a higher layer may be taken: after a failure each try waits longer (media.md 4.6).</summary>
    public bool MayRaise(long nowMs) => nowMs - _switchedMs >= _backoffMs;

    public void Set(LayerTarget target, long nowMs)
    {
        StartedMs ??= nowMs;
        if (target == Target)
        {
            return;
        }

        if (target.Layer > Target.Layer)
        {
            (_raisedMs, _switchedMs) = (nowMs, nowMs);
        }
        else if (target.Layer < Target.Layer)
        {
            bool wasEarly = nowMs - _raisedMs < ProvenMs;
            _backoffMs = wasEarly ? (long)Math.Min(_backoffMs * BackoffFactor, MaxBackoffMs) : MinBackoffMs;
            _switchedMs = nowMs;
        }

        (Target, ChangedMs) = (target, nowMs);
    }
}
