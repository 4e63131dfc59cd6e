using System.Text;

namespace Calls.Rtc.Sfu;

/// <summary>An <see cref="InboundSection"/> prepared for look-ups per packet.</summary>
internal sealed class ReceivingSection
{
    private const byte NotAccepted = 0xFF;

    private readonly uint[] _ssrcs;
    private readonly byte[] _midBytes;
    private readonly byte[][] _rids;
    private readonly byte[] _codecs = new byte[128];

    public ReceivingSection(InboundSection section)
    {
        Section = section;
        _ssrcs = [.. section.Ssrcs];
        _midBytes = Encoding.UTF8.GetBytes(section.Mid);
        _rids = [.. (section.Rids ?? []).Take(PublishedTrack.MaxLayers).Select(Encoding.UTF8.GetBytes)];
        Array.Fill(_codecs, NotAccepted);
        foreach ((byte payloadType, RtpCodec codec) in section.PayloadTypes)
        {
            if (payloadType < _codecs.Length && codec.Kind() == section.Kind)
            {
                _codecs[payloadType] = (byte)codec;
            }
        }
    }

    public InboundSection Section { get; }

    public ReadOnlySpan<byte> MidBytes => _midBytes;

    public ReadOnlySpan<uint> Ssrcs => _ssrcs;

    /// <summary>
    /// Whether a stream that was bound under this mid still is. A section that names another stream or other SSRCs now carries
    /// another track (media.md 3.6), and an SSRC moves when signaling says so (media.md 9.6).
    /// </summary>
    public bool StillCarries(InboundStream stream, InboundDescription description)
    {
        ReceivingSection before = stream.Section!;
        return before.Section.Kind == Section.Kind
            && before.Section.StreamId == Section.StreamId
            && (!before.Declares(stream.Ssrc) || Declares(stream.Ssrc))
            && (description.FindBySsrc(stream.Ssrc) ?? this) == this;
    }

    /// <summary>Layers of the track it carries: 1 without simulcast.</summary>
    public int LayerCount => Math.Max(1, _rids.Length);

    /// <param name="rid">As in the header extension; empty if the packet has none.</param>
    /// <returns>Which layer it names, 0 the lowest; without simulcast always 0. -1: none that was negotiated.</returns>
    public int FindLayer(ReadOnlySpan<byte> rid)
    {
        for (int i = 0; i < _rids.Length; i++)
        {
            if (rid.SequenceEqual(_rids[i]))
            {
                return i;
            }
        }

        return _rids.Length == 0 ? 0 : -1;
    }

    public bool Declares(uint ssrc) => _ssrcs.AsSpan().Contains(ssrc);

    /// <param name="payloadType">0 to 127.</param>
    public bool TryGetCodec(byte payloadType, out RtpCodec codec)
    {
        codec = (RtpCodec)_codecs[payloadType];
        return _codecs[payloadType] != NotAccepted;
    }
}
