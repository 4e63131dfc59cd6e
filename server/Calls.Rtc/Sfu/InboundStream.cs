using Calls.Rtc.Rtcp;
using Calls.Rtc.Sfu.Layers;

namespace Calls.Rtc.Sfu;

/// <summary>One SSRC that a client sends with.</summary>
/// <remarks>Owned by the participant's loop.</remarks>
internal sealed class InboundStream(uint ssrc, long nowMs)
{
    /// <summary>Highest rate of an audio stream: 200 packets per second, with room for a second's worth at once (media.md 9.7).</summary>
    private const long AudioPacketMs = 5;

    private const long AudioBurstMs = 1000;

    // Neither an Opus packet nor a pause between two video frames of a live source lasts longer.
    private const long AudioLiveMs = 200;
    private const long VideoLiveMs = 3000;

    private SourceSequence _sequence;
    private ReceptionStatistics _reception;
    private SourceClock _clock;
    private LeakyBucket _audioPackets;

    public uint Ssrc { get; } = ssrc;

    public InboundStreamState State { get; set; } = InboundStreamState.Probing;

    public ref SourceSequence Sequence => ref _sequence;

    public ref ReceptionStatistics Reception => ref _reception;

    public ref SourceClock Clock => ref _clock;

    /// <summary>Where it is bound; <c>null</c> while probing.</summary>
    public ReceivingSection? Section { get; private set; }

    /// <summary>From the payload type of its first packet (media.md 4.1).</summary>
    public RtpCodec Codec { get; private set; }

    /// <summary>Which simulcast layer it is, 0 the lowest. Latched: browsers name it on the first packets only (media.md 4.1).</summary>
    public int Layer { get; private set; }

    /// <summary>The track it feeds while <see cref="InboundStreamState.Active"/>.</summary>
    public PublishedTrack? Track { get; set; }

    /// <summary>The stream whose place it took in <see cref="Track"/>, which returns if that was a mistake.</summary>
    public InboundStream? Replaced { get; set; }

    /// <summary>The stream whose packets it repeats; <c>null</c> for an ordinary one.</summary>
    public InboundStream? Repairs { get; private set; }

    /// <summary>What is missing of it; <c>null</c> if its client is never asked to send again.</summary>
    public NackGenerator? Nacks { get; private set; }

    public long FirstPacketMs { get; } = nowMs;

    /// <summary>Of the last packet that was not padding only.</summary>
    public long LastPacketMs { get; set; } = nowMs;

    public long ClassifiedMs { get; set; }

    public int ProbedPackets { get; set; }

    public bool IsBound => Section is not null;

    /// <summary>Whether it counts against the limit of tracks.</summary>
    public bool IsTrack => State is InboundStreamState.Pending or InboundStreamState.Active;

    public void BindTo(ReceivingSection section, int layer, RtpCodec codec)
    {
        Section = section;
        Layer = layer;
        Codec = codec;
        State = InboundStreamState.Pending;
        Nacks = codec.Kind() == TrackKind.Video && section.Section.TakesNacks ? new NackGenerator() : null;
    }

    public void BindAsRepairOf(InboundStream original)
    {
        Section = original.Section;
        Repairs = original;
        State = InboundStreamState.Repair;
    }

    /// <summary>Follows its section into a new description.</summary>
    public void Rebind(ReceivingSection section) => Section = section;

    public bool IsLive(long nowMs) => nowMs - LastPacketMs <= (Codec.Kind() == TrackKind.Audio ? AudioLiveMs : VideoLiveMs);

    public bool IsWithinAudioRate(long nowMs) => _audioPackets.TryAdd(AudioPacketMs, nowMs, AudioBurstMs);
}
