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
    private readonly byte[] _repaired = new byte[128];
    private readonly uint[] _rtxSsrcs;
    private readonly byte _redPayloadType;

    public ReceivingSection(InboundSection section)
    {
        Section = section;
        _ssrcs = [.. section.Ssrcs];
        _midBytes = Encoding.UTF8.GetBytes(section.Mid);
        _rids = [.. section.Rids.Take(PublishedTrack.MaxLayers).Select(Encoding.UTF8.GetBytes)];
        _rtxSsrcs = [.. section.RtxSsrcs];
        Array.Fill(_codecs, NotAccepted);
        Array.Fill(_repaired, NotAccepted);
        foreach ((byte payloadType, byte repaired) in section.RtxPayloadTypes)
        {
            if (payloadType < _repaired.Length && repaired < _codecs.Length)
            {
                _repaired[payloadType] = repaired;
            }
        }

        foreach ((byte payloadType, RtpCodec codec) in section.PayloadTypes)
        {
            if (payloadType < _codecs.Length && codec.Kind() == section.Kind)
            {
                _codecs[payloadType] = (byte)codec;
            }
        }

        _redPayloadType = section.RedPayloadType ?? NotAccepted;
        if (_redPayloadType < _codecs.Length && section.Kind == TrackKind.Audio)
        {
            _codecs[_redPayloadType] = (byte)RtpCodec.Opus;
        }
    }

    public InboundSection Section { get; }

    public ReadOnlySpan<byte> MidBytes => _midBytes;

    /// <summary>Those of media and of retransmissions.</summary>
    public IEnumerable<uint> AllSsrcs => [.. _ssrcs, .. _rtxSsrcs.Where(static ssrc => ssrc != 0)];

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

    /// <summary>The SSRC whose packets an SSRC repeats; 0 if it is not declared as one for retransmissions.</summary>
    public uint FindRepaired(uint ssrc)
    {
        int index = _rtxSsrcs.AsSpan().IndexOf(ssrc);
        return index >= 0 && index < _ssrcs.Length && ssrc != 0 ? _ssrcs[index] : 0;
    }

    /// <summary>The payload type that one for retransmissions stands for.</summary>
    /// <param name="payloadType">0 to 127.</param>
    public bool TryGetRepaired(byte payloadType, out byte repaired)
    {
        repaired = _repaired[payloadType];
        return repaired != NotAccepted && _codecs[repaired] != NotAccepted;
    }

    /// <summary>Whether a payload type is that of Opus that repeats itself.</summary>
    public bool IsRed(byte payloadType) => payloadType == _redPayloadType;

    /// <summary>Whether a payload type is that of plain Opus.</summary>
    /// <param name="payloadType">0 to 127.</param>
    public bool IsOpus(byte payloadType) => _codecs[payloadType] == (byte)RtpCodec.Opus && !IsRed(payloadType);

    /// <param name="payloadType">0 to 127.</param>
    public bool TryGetCodec(byte payloadType, out RtpCodec codec)
    {
        codec = (RtpCodec)_codecs[payloadType];
        return _codecs[payloadType] != NotAccepted;
    }
}
