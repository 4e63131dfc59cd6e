namespace Calls.Rtc.Sfu.Loudest;

/// <summary>
/// The few voices of one call that are forwarded, chosen by how loud they are (media.md 8.8): a fixed number of slots, each of which
/// is one continuous stream to every listener whoever speaks in it, so that a change of speakers needs no negotiation.
/// </summary>
/// <remarks>
/// Any loop may evaluate, one at a time and without waiting for another. Only wishes are written here: the loops of the speakers
/// hand a slot over between themselves.
/// </remarks>
internal sealed class LoudestVoices
{
    private const long EvaluationIntervalMs = 20;

    private readonly Lock _lock = new();
    private readonly VoiceSlot[] _slots;
    private VoiceCandidate[] _candidates = [];
    private int _isEvaluating;
    private long _nextEvaluationMs = long.MinValue;

    public LoudestVoices(int count, NtpClock clock) =>
        _slots = [.. Enumerable.Range(1, count).Select(number => new VoiceSlot(number, clock))];

    public IReadOnlyList<VoiceSlot> Slots => _slots;

    /// <summary>Any thread: a session that may speak.</summary>
    public VoiceCandidate Add(MediaParticipant speaker)
    {
        var candidate = new VoiceCandidate(this, speaker);
        lock (_lock)
        {
            Volatile.Write(ref _candidates, [.. _candidates, candidate]);
        }

        return candidate;
    }

    /// <summary>Any thread: a session that is over. Its slot becomes free at the next evaluation.</summary>
    public void Remove(VoiceCandidate candidate)
    {
        lock (_lock)
        {
            Volatile.Write(ref _candidates, [.. _candidates.Where(other => other != candidate)]);
        }
    }

    /// <summary>[any loop] Decides who is to be heard if that was not done within the last 20 ms.</summary>
    public void Evaluate(long nowMs)
    {
        if (nowMs < Volatile.Read(ref _nextEvaluationMs) || Interlocked.Exchange(ref _isEvaluating, 1) != 0)
        {
            return;
        }

        Volatile.Write(ref _nextEvaluationMs, nowMs + EvaluationIntervalMs);
        VoiceCandidate[] candidates = Volatile.Read(ref _candidates);
        foreach (VoiceSlot slot in _slots)
        {
            if (slot.Wanted is { } wanted && Array.IndexOf(candidates, wanted) < 0)
            {
                Assign(slot, null, nowMs);
            }
        }

        while (FindLoudestUnheard(candidates, nowMs) is { } loudest && FindSlotFor(loudest, nowMs) is { } slot)
        {
            Assign(slot, loudest, nowMs);
        }

        Volatile.Write(ref _isEvaluating, 0);
    }

    private static void Assign(VoiceSlot slot, VoiceCandidate? candidate, long nowMs)
    {
        if (slot.Wanted is { } before)
        {
            before.Slot = null;
        }

        if (candidate is not null)
        {
            candidate.Slot = slot;
        }

        slot.Want(candidate, nowMs);
    }

    private static VoiceCandidate? FindLoudestUnheard(VoiceCandidate[] candidates, long nowMs)
    {
        VoiceCandidate? loudest = null;
        foreach (VoiceCandidate candidate in candidates)
        {
            if (candidate.Slot is null && candidate.LoudnessAt(nowMs) > (loudest?.LoudnessAt(nowMs) ?? 0))
            {
                loudest = candidate;
            }
        }

        return loudest;
    }

    /// <summary>A free slot, else that of the quietest who has had it long enough and is clearly quieter. Never that of the dominant speaker.</summary>
    private VoiceSlot? FindSlotFor(VoiceCandidate candidate, long nowMs)
    {
        VoiceSlot? quietest = null;
        VoiceSlot? dominant = null;
        foreach (VoiceSlot slot in _slots)
        {
            if (slot.Wanted is not { } heard)
            {
                return slot;
            }

            if (heard.IsSpeakingAt(nowMs) && heard.LongLoudness > (dominant?.Wanted!.LongLoudness ?? 0))
            {
                dominant = slot;
            }

            if (quietest is null || heard.LoudnessAt(nowMs) < quietest.Wanted!.LoudnessAt(nowMs))
            {
                quietest = slot;
            }
        }

        return quietest is not null && quietest != dominant && candidate.MayDisplace(quietest, nowMs) ? quietest : null;
    }
}
