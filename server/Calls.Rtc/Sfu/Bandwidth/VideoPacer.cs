namespace Calls.Rtc.Sfu.Bandwidth;

/// <summary>
/// Spreads the bursts of one video stream to one client, so that they do not queue up before its audio (media.md 8.5). What
/// waits is already kept for retransmission: the queue is a range of sequence numbers.
/// </summary>
/// <remarks>
/// Owned by the publisher's loop, which comes by every <see cref="IntervalMs"/> while anything waits; there is no timer. The
/// rate and probes are set by the subscriber's loop.
/// </remarks>
internal sealed class VideoPacer
{
    /// <summary>How often the loop comes by.</summary>
    public const long IntervalMs = 5;

    /// <summary>Of one packet of padding: all that its last octet can count.</summary>
    public const byte PaddingBytes = 255;

    // What may leave at once: a pause is not made up for.
    private const long MaxBurstMs = 10;

    private const int MinBurstBytes = 1500;

    /// <summary>
    /// A picture that begins while more than this waits is not begun: the next key frame will be shown sooner. The last key frame
    /// does not count, it takes the time that it takes.
    /// </summary>
    private const long MaxWaitMs = 800;

    /// <summary>While more than this waits, pictures that no other one needs are left out.</summary>
    private const long LateMs = 100;

    // However narrow the path, a picture leaves within this time.
    private const long MaxDrainMs = 3000;

    private const long ProbeMs = 40;

    private long _bitsPerSecond = SubscriberBandwidth.UnknownPaceBitsPerSecond;
    private long _probeRequest;
    private bool _isRunning;
    private double _credit;
    private long _refilledMs = long.MinValue / 2;
    private long _first;
    private long _end;
    private long _queuedBytes;
    private long _keyFrameBytes;
    private long _keyFrameEnd;
    private double _paddingCredit;
    private long _paddingUntilMs;
    private long _paddingBitsPerSecond;
    private long _paddingRefilledMs;

    /// <summary>Rate of its bursts. Any thread.</summary>
    public long BitsPerSecond
    {
        get => Volatile.Read(ref _bitsPerSecond);
        set => Volatile.Write(ref _bitsPerSecond, value);
    }

    /// <summary>Whether anything was ever sent. Any thread.</summary>
    public bool IsRunning => Volatile.Read(ref _isRunning);

    public bool HasQueue => _first < _end;

    /// <summary>The highest number that has left.</summary>
    /// <param name="highest">That was given out.</param>
    public long HighestLeft(long highest) => HasQueue ? _first - 1 : highest;

    /// <summary>Whether the loop has to come by again.</summary>
    public bool IsBusy => HasQueue || _paddingBitsPerSecond > 0 || Volatile.Read(ref _probeRequest) > 0;

    /// <summary>Whether a key frame is on its way. Any thread.</summary>
    public bool IsSendingKeyFrame => Volatile.Read(ref _keyFrameBytes) > 0;

    /// <summary>Whether so much waits that no other picture should begin.</summary>
    public bool IsBehind => (_queuedBytes - _keyFrameBytes) * 8000 > BitsPerSecond * MaxWaitMs;

    /// <summary>Whether so much waits that only the base of a picture should be added.</summary>
    public bool IsLate => (_queuedBytes - _keyFrameBytes) * 8000 > BitsPerSecond * LateMs;

    private long Rate => Math.Max(BitsPerSecond, _queuedBytes * 8000 / MaxDrainMs);

    /// <summary>Asks for a short run of padding at this rate. Any thread.</summary>
    public void RequestProbe(long bitsPerSecond) => Volatile.Write(ref _probeRequest, bitsPerSecond);

    /// <summary>Whether a packet has to wait; if not, it is counted as sent.</summary>
    /// <param name="sequence">Extended. A late packet joins those around it, or leaves at once.</param>
    public bool MustWait(long sequence, int lengthBytes, long nowMs)
    {
        Volatile.Write(ref _isRunning, true);
        Refill(nowMs);
        if (HasQueue ? sequence >= _first : _credit <= 0)
        {
            return true;
        }

        OnSent(lengthBytes);
        return false;
    }

    /// <param name="isKeyFrame">It belongs to a key frame.</param>
    public void Enqueue(long sequence, int lengthBytes, bool isKeyFrame)
    {
        if (!HasQueue)
        {
            _first = sequence;
            _end = sequence;
        }

        if (isKeyFrame)
        {
            _keyFrameBytes += lengthBytes;
            _keyFrameEnd = sequence + 1;
        }

        _end = Math.Max(_end, sequence + 1);
        _queuedBytes += lengthBytes;
    }

    /// <summary>The next number that may leave. Nothing may have been kept under it: packets are lost before they reach us.</summary>
    public bool TryDequeue(long nowMs, out long sequence)
    {
        Refill(nowMs);
        sequence = _first;
        if (!HasQueue || _credit <= 0)
        {
            return false;
        }

        _first++;
        _queuedBytes = HasQueue ? _queuedBytes : 0;
        _keyFrameBytes = HasQueue && _first < _keyFrameEnd ? _keyFrameBytes : 0;

        return true;
    }

    /// <summary>A packet left.</summary>
    public void OnSent(int lengthBytes)
    {
        _credit -= lengthBytes;
        _paddingCredit -= lengthBytes;
        _queuedBytes = Math.Max(0, _queuedBytes - lengthBytes);
    }

    /// <summary>Whether a packet may be sent again now.</summary>
    public bool MayRepeat(long nowMs)
    {
        Refill(nowMs);
        return _credit > 0;
    }

    /// <summary>A packet was sent again.</summary>
    public void OnRepeated(int lengthBytes)
    {
        _credit -= lengthBytes;
        _paddingCredit -= lengthBytes;
    }

    /// <summary>Forgets what waits.</summary>
    public void Clear() => (_first, _queuedBytes, _keyFrameBytes) = (_end, 0, 0);

    /// <summary>Whether a packet of padding is to leave now.</summary>
    public bool TryTakePadding(long nowMs)
    {
        if (Interlocked.Exchange(ref _probeRequest, 0) is > 0 and long requested)
        {
            (_paddingBitsPerSecond, _paddingUntilMs, _paddingRefilledMs, _paddingCredit) = (requested, nowMs + ProbeMs, nowMs - IntervalMs, 0);
        }

        if (_paddingBitsPerSecond == 0)
        {
            return false;
        }

        if (nowMs > _paddingUntilMs)
        {
            _paddingBitsPerSecond = 0;
            return false;
        }

        _paddingCredit += _paddingBitsPerSecond * (nowMs - _paddingRefilledMs) / 8000.0;
        _paddingRefilledMs = nowMs;
        return _paddingCredit > 0;
    }

    public void OnPadding(int lengthBytes) => _paddingCredit -= lengthBytes;

    private void Refill(long nowMs)
    {
        long elapsed = Math.Min(nowMs - _refilledMs, MaxBurstMs);
        _refilledMs = nowMs;
        double burst = Math.Max(Rate * MaxBurstMs / 8000.0, MinBurstBytes);
        _credit = Math.Min(_credit + (Rate * elapsed / 8000.0), burst);
    }
}
