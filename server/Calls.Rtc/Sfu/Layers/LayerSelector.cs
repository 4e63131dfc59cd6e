using Calls.Rtc.Sfu.Payloads;

namespace Calls.Rtc.Sfu.Layers;

/// <summary>
/// Decides which layer of a video track one subscriber gets, packet by packet: the one it has until a key frame of the wanted
/// one arrives, so that its picture never stops for the change (media.md 4.6).
/// </summary>
/// <remarks>Owned by the publisher's loop, but for <see cref="Target"/> and <see cref="Current"/>.</remarks>
internal sealed class LayerSelector
{
    /// <summary>A key frame that does not come is asked for again after this time.</summary>
    public const long KeyFrameRepeatMs = 1000;

    /// <summary>How long a switch may take; then the layer counts as unusable for <see cref="RefusedMs"/>.</summary>
    public const long SwitchLimitMs = 3000;

    public const long RefusedMs = 10_000;

    /// <summary>Least time between two key frames that are asked for because too much was sent.</summary>
    public const long InterruptionMs = 3000;

    private int _target = LayerTarget.Lowest.Pack();
    private int _current = LayerTarget.Nothing.Pack();
    private int _pending = -1;
    private int _refused = -1;
    private long _refusedUntilMs;
    private long _pendingSinceMs;
    private long _requestedAtMs;
    private long _requestsFromMs = long.MinValue;
    private long _interruptedMs = long.MinValue / 2;

    /// <summary>What the subscriber is to get. Any thread.</summary>
    public LayerTarget Target
    {
        get => LayerTarget.Unpack(Volatile.Read(ref _target));
        set => Volatile.Write(ref _target, value.Pack());
    }

    /// <summary>What it gets at present. Any thread.</summary>
    public LayerTarget Current
    {
        get => LayerTarget.Unpack(Volatile.Read(ref _current));
        private set => Volatile.Write(ref _current, value.Pack());
    }

    /// <summary>Of which layer the subscriber needs a key frame: the one it sees, or else the one it will see.</summary>
    public int KeyFrameLayer => Current.IsNothing ? Math.Max(0, Target.Layer) : Current.Layer;

    /// <summary>The subscriber misses pictures from here on: it goes on with a key frame, its own or one that others asked for.</summary>
    public void Interrupt(long nowMs)
    {
        if (Current.IsNothing)
        {
            return;
        }

        // A narrow path must not make the publisher send key frames to everybody all the time.
        (Current, _pending) = (LayerTarget.Nothing, -1);
        _requestsFromMs = Math.Max(nowMs, _interruptedMs + InterruptionMs);
        _interruptedMs = _requestsFromMs;
    }

    /// <param name="layer">The packet's.</param>
    /// <param name="isNewPicture">No packet of its picture has come before.</param>
    /// <param name="isLate">Too much waits for the subscriber: the base must do.</param>
    public LayerDecision Decide(PublishedTrack track, int layer, in VideoPayload payload, bool isNewPicture, bool isLate, long nowMs)
    {
        LayerTarget target = Target;
        LayerTarget current = Current;
        if (target.IsNothing)
        {
            (Current, _pending) = (LayerTarget.Nothing, -1);
            return LayerDecision.Paused;
        }

        int wanted = track.FindRunningLayer(target.Layer);
        if (wanted == _refused && nowMs < _refusedUntilMs && !current.IsNothing && !track.HasStopped(current.Layer))
        {
            wanted = current.Layer;
        }

        if (wanted == current.Layer)
        {
            _pending = -1;
        }
        else if (layer == wanted && (payload.StartsKeyFrame || IsOpaque(current, nowMs)))
        {
            (Current, _pending, _refused) = (new(layer, TemporalLayerFor(target, new(layer, 0))), -1, -1);
            return LayerDecision.Switch;
        }
        else
        {
            Await(track, wanted, current, nowMs);
        }

        if (layer != current.Layer)
        {
            return current.IsNothing && layer == wanted ? LayerDecision.AwaitingKeyFrame : LayerDecision.OtherLayer;
        }

        if (isNewPicture)
        {
            FollowTemporalLayer(isLate ? 0 : TemporalLayerFor(target, current), current, payload);
        }

        return LayerDecision.Forward;
    }

    // Payloads that we cannot read (media.md 8.15) never show a key frame: their decoder has to sort it out.
    private bool IsOpaque(LayerTarget current, long nowMs) =>
        current.IsNothing && _pending >= 0 && nowMs - _pendingSinceMs >= SwitchLimitMs;

    private void Await(PublishedTrack track, int wanted, LayerTarget current, long nowMs)
    {
        if (nowMs < _requestsFromMs)
        {
            return;
        }

        if (_pending != wanted)
        {
            (_pending, _pendingSinceMs, _requestedAtMs) = (wanted, nowMs, nowMs);
            track.RequestKeyFrame(wanted);
        }
        else if (nowMs - _pendingSinceMs >= SwitchLimitMs && !current.IsNothing && wanted > current.Layer)
        {
            (_pending, _refused, _refusedUntilMs) = (-1, wanted, nowMs + RefusedMs);
        }
        else if (nowMs - _requestedAtMs >= KeyFrameRepeatMs)
        {
            _requestedAtMs = nowMs;
            track.RequestKeyFrame(wanted);
        }
    }

    // While a lower layer is awaited, the base of the present one must do: there is no room for more.
    private static int TemporalLayerFor(LayerTarget target, LayerTarget current) =>
        target.Layer < current.Layer ? 0 : target.Layer > current.Layer ? LayerTarget.AllTemporalLayers : target.TemporalLayer;

    // Down at any picture; up where the picture says that it needs nothing of what was left out (RFC 7741, section 4.2, Y).
    private void FollowTemporalLayer(int wanted, LayerTarget current, in VideoPayload payload)
    {
        if (wanted < current.TemporalLayer || payload.StartsKeyFrame)
        {
            Current = current with { TemporalLayer = wanted };
        }
        else if (wanted > current.TemporalLayer && payload.IsVp8
            && payload.Vp8.StartsFrame && payload.Vp8.IsLayerSync && payload.TemporalLayer == current.TemporalLayer + 1)
        {
            Current = current with { TemporalLayer = payload.TemporalLayer };
        }
    }
}
