namespace Calls.Rtc.Sfu.Payloads;

/// <summary>What forwarding has to know of a video packet's payload. Everything else in it is opaque (media.md 8.15).</summary>
internal readonly struct VideoPayload
{
    // AV1 aggregation header, ZYWWN---: N marks the first packet of a coded video sequence, Z a continued OBU
    // (RTP payload format for AV1, section 4.4).
    private const byte Av1Continues = 0x80;
    private const byte Av1StartsSequence = 0x08;

    private VideoPayload(Vp8PayloadDescriptor vp8, bool isVp8, bool startsKeyFrame)
    {
        Vp8 = vp8;
        IsVp8 = isVp8;
        StartsKeyFrame = startsKeyFrame;
    }

    /// <summary>A decoder can start here.</summary>
    public bool StartsKeyFrame { get; }

    /// <summary>0 is the base; 0 as well for what has no temporal layers.</summary>
    public byte TemporalLayer => Vp8.TemporalLayer;

    public bool IsVp8 { get; }

    /// <summary>Valid if <see cref="IsVp8"/>.</summary>
    public Vp8PayloadDescriptor Vp8 { get; }

    /// <summary>Reads what is there; a payload that cannot be read is nothing but opaque.</summary>
    public static VideoPayload Read(RtpCodec codec, ReadOnlySpan<byte> payload)
    {
        switch (codec)
        {
            case RtpCodec.Vp8 when Vp8PayloadDescriptor.TryParse(payload, out Vp8PayloadDescriptor descriptor):
                return new(descriptor, isVp8: true, descriptor.StartsKeyFrame);

            case RtpCodec.Av1 when !payload.IsEmpty:
                return new(default, isVp8: false, (payload[0] & (Av1StartsSequence | Av1Continues)) == Av1StartsSequence);

            default:
                return default;
        }
    }
}
