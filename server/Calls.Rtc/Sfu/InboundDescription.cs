namespace Calls.Rtc.Sfu;

/// <summary>What signaling says about the media of one client. Immutable: control code swaps it, the loop applies it.</summary>
internal sealed class InboundDescription
{
    public static readonly InboundDescription Empty = new([], null, null);

    private readonly ReceivingSection[] _sections;

    private InboundDescription(ReceivingSection[] sections, string? screenStreamId, string? videoStreamId)
    {
        _sections = sections;
        ScreenStreamId = screenStreamId;
        VideoStreamId = videoStreamId;
        foreach (ReceivingSection section in sections)
        {
            // One URI has one id in the whole bundle (media.md 3.4).
            MidId = MidId == 0 ? section.Section.MidId : MidId;
            TransportCcId = TransportCcId == 0 ? section.Section.TransportCcId : TransportCcId;
            RtpStreamIdId = RtpStreamIdId == 0 ? section.Section.RtpStreamIdId : RtpStreamIdId;
            RepairedStreamIdId = RepairedStreamIdId == 0 ? section.Section.RepairedStreamIdId : RepairedStreamIdId;
        }
    }

    public string? ScreenStreamId { get; }

    public string? VideoStreamId { get; }

    public byte MidId { get; }

    public byte TransportCcId { get; }

    public byte RtpStreamIdId { get; }

    public byte RepairedStreamIdId { get; }

    public ReadOnlySpan<ReceivingSection> Sections => _sections;

    public InboundDescription WithSections(IReadOnlyList<InboundSection> sections) =>
        new([.. sections.Select(section => new ReceivingSection(section))], ScreenStreamId, VideoStreamId);

    public InboundDescription WithScreenStream(string? streamId) => new(_sections, streamId, VideoStreamId);

    public InboundDescription WithVideoStream(string? streamId) => new(_sections, ScreenStreamId, streamId);

    public ReceivingSection? FindBySsrc(uint ssrc)
    {
        foreach (ReceivingSection section in _sections)
        {
            if (section.Declares(ssrc))
            {
                return section;
            }
        }

        return null;
    }

    /// <summary>The section that declares an SSRC for retransmissions.</summary>
    public ReceivingSection? FindByRtxSsrc(uint ssrc)
    {
        foreach (ReceivingSection section in _sections)
        {
            if (section.FindRepaired(ssrc) != 0)
            {
                return section;
            }
        }

        return null;
    }

    /// <param name="mid">As in the header extension: UTF-8.</param>
    public ReceivingSection? FindByMid(ReadOnlySpan<byte> mid)
    {
        foreach (ReceivingSection section in _sections)
        {
            if (section.MidBytes.SequenceEqual(mid))
            {
                return section;
            }
        }

        return null;
    }

    /// <summary>The section that a packet without any name must belong to: the only one of its kind (media.md 4.1).</summary>
    public ReceivingSection? FindOnlyOneFor(byte payloadType)
    {
        ReceivingSection? match = null;
        foreach (ReceivingSection section in _sections)
        {
            if (section.TryGetCodec(payloadType, out _))
            {
                match = section;
                break;
            }
        }

        foreach (ReceivingSection section in _sections)
        {
            if (match is not null && section != match && section.Section.Kind == match.Section.Kind)
            {
                return null;
            }
        }

        return match;
    }
}
