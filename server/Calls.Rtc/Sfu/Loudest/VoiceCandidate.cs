using Calls.Rtc.Rtp;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Sfu.Loudest;

/// <summary>One session's voice in the competition for the slots of its call, and its way into the one it got.</summary>
/// <remarks>Owned by the speaker's loop, but for what is said to be any thread's.</remarks>
internal sealed class VoiceCandidate(LoudestVoices voices, MediaParticipant speaker)
{
    /// <summary>A voice that has sent nothing for so long is silent, whatever it was before.</summary>
    public const long ExpiryMs = 150;

    /// <summary>How long a speaker keeps a slot against a louder one.</summary>
    public const long HoldMs = 1_000;

    /// <summary>A pause of this length ends the hold.</summary>
    public const long PauseMs = 500;

    /// <summary>How much louder one has to be to take a slot from somebody who speaks, in dB.</summary>
    public const int MarginDb = 6;

    /// <summary>Packets of digital silence in a row that are still forwarded (media.md 8.8).</summary>
    public const int MaxSilentPackets = 3;

    private const int Silence = 127;

    // Louder than room noise, quieter than anybody who speaks.
    private const int SpeechLoudness = 40;

    // For clients that do not say: heard rather than silence, but not before somebody who says that he speaks.
    private const int UnknownLoudness = 60;

    // Fixed point: a sixteenth of a dB.
    private const int Scale = 16;

    private int _loudness;
    private int _longLoudness;
    private long _lastPacketMs = long.MinValue / 2;
    private long _lastSpeechMs = long.MinValue / 2;
    private VoiceSlot? _slot;
    private VoiceSlot? _owned;
    private bool _saysLevel;
    private InboundStream? _source;
    private int _silentPackets;
    private long _leftOut;
    private long _lastLeftOut = long.MinValue;

    /// <summary>The slot that it is to speak in. Written by the one that evaluates.</summary>
    public VoiceSlot? Slot
    {
        get => Volatile.Read(ref _slot);
        set => Volatile.Write(ref _slot, value);
    }

    /// <summary>Any thread: loudness over the last second or so, of no unit.</summary>
    public int LongLoudness => Volatile.Read(ref _longLoudness);

    /// <summary>Any thread: loudness of the last packets in sixteenths of a dB above silence.</summary>
    public int LoudnessAt(long nowMs) => nowMs - Volatile.Read(ref _lastPacketMs) > ExpiryMs ? 0 : Volatile.Read(ref _loudness);

    /// <summary>Any thread: speaks, or paused only just now.</summary>
    public bool IsSpeakingAt(long nowMs) => nowMs - Volatile.Read(ref _lastSpeechMs) <= PauseMs;

    /// <summary>Whether it is so much louder than who speaks in a slot that the listeners want the change.</summary>
    public bool MayDisplace(VoiceSlot slot, long nowMs)
    {
        VoiceCandidate other = slot.Wanted!;
        if (!other.IsSpeakingAt(nowMs))
        {
            return IsSpeakingAt(nowMs);
        }

        return slot.HeldMs(nowMs) >= HoldMs && LoudnessAt(nowMs) >= other.LoudnessAt(nowMs) + (MarginDb * Scale);
    }

    /// <summary>[loop] Takes note of a packet of the voice, and forwards it if it is among the loudest.</summary>
    /// <param name="source">The stream that it came on.</param>
    /// <param name="sequence">Its number in its source's numbering, extended and without gaps of our making.</param>
    public void Forward(InboundStream source, in RtpPacketView packet, in RedPayload red, long sequence, byte? level, long nowMs, IPacketSink sink)
    {
        int below = level is { } known ? known & 0x7F : Silence - UnknownLoudness;
        if (level is not null || !_saysLevel)
        {
            Note((Silence - below) * Scale, nowMs); // else a packet that was restored, which nobody has measured
        }

        _saysLevel |= level is not null;
        voices.Evaluate(nowMs);
        if (!TryOwn() || IsLeftOut(source, sequence, below))
        {
            return;
        }

        _owned!.Track.Forward(0, packet, red, sequence - _leftOut, level, nowMs, sink, except: speaker);
    }

    /// <summary>[loop] Lets go of a slot that another is to have, also while no packets come.</summary>
    public void Tick(long nowMs)
    {
        voices.Evaluate(nowMs);
        TryOwn();
    }

    /// <summary>[loop] Sends the sender reports that are due to the listeners of its slot.</summary>
    public void WriteReports(NtpClock clock, long nowMs, IPacketSink sink)
    {
        if (TryOwn())
        {
            _owned!.Track.WriteReports(clock, nowMs, sink);
        }
    }

    /// <summary>[loop] The session is over.</summary>
    public void End()
    {
        voices.Remove(this);
        _owned?.Release();
        _owned = null;
    }

    // Up at once, down over some packets: syllables have gaps.
    private void Note(int loudness, long nowMs)
    {
        int before = LoudnessAt(nowMs);
        Volatile.Write(ref _loudness, loudness > before ? (before + loudness + 1) / 2 : before - ((before - loudness) / 8));
        Volatile.Write(ref _longLoudness, _longLoudness + ((loudness - _longLoudness) / 32));
        Volatile.Write(ref _lastPacketMs, nowMs);
        if (loudness >= SpeechLoudness * Scale)
        {
            Volatile.Write(ref _lastSpeechMs, nowMs);
        }
    }

    private bool TryOwn()
    {
        VoiceSlot? slot = Slot;
        if (_owned is not null && _owned != slot)
        {
            _owned.Release();
            _owned = null;
        }

        if (_owned is null && slot is not null && slot.TryAcquire(this))
        {
            _owned = slot;
            _source = null; // numbers start anew
        }

        return _owned is not null;
    }

    // Silence is left out and the numbers behind it move up, so that no listener takes it for a loss; reports count what was sent.
    // What comes late from before it has no number any more.
    private bool IsLeftOut(InboundStream source, long sequence, int below)
    {
        if (source != _source)
        {
            (_source, _silentPackets, _leftOut, _lastLeftOut) = (source, 0, 0, long.MinValue);
            _owned!.Track.Layers[0].Source = source;
        }

        _silentPackets = below == Silence ? _silentPackets + 1 : 0;
        if (_silentPackets > MaxSilentPackets && sequence > _lastLeftOut)
        {
            _leftOut++;
            _lastLeftOut = sequence;
            return true;
        }

        return sequence <= _lastLeftOut;
    }
}
