namespace Calls.Rtc.Sdp;

/// <summary>
/// Payload types of one session: the first section of a kind that is negotiated fixes them, later sections of ours reuse
/// them (media.md 3.4). Inside one bundle a payload type must mean one codec (RFC 8843, section 9.1).
/// </summary>
internal sealed class PayloadTypeRegistry
{
    private const string RedKey = "red";
    private const byte DefaultRedPayloadType = 63;

    private readonly Dictionary<string, byte> _payloadTypes = new(StringComparer.Ordinal);
    private readonly string?[] _owners = new string?[128];
    private string? _av1Fmtp;

    /// <summary>Learns from a negotiated section.</summary>
    public void Adopt(MediaKind kind, List<RtpCodec> codecs, SupportedCodecs supported)
    {
        foreach (RtpCodec codec in codecs)
        {
            if (supported.Find(kind, codec) is not { } known)
            {
                continue;
            }

            Claim(known.Name, codec.PayloadType);
            if (known.Codec == MediaCodec.Av1)
            {
                _av1Fmtp ??= codec.Fmtp;
            }

            if (codecs.Find(other => other.AssociatedPayloadType == codec.PayloadType) is { } rtx)
            {
                Claim(RtxKey(known), rtx.PayloadType);
            }

            if (codecs.Find(other => other.IsRedOf(codec.PayloadType)) is { } red)
            {
                Claim(RedKey, red.PayloadType);
            }
        }
    }

    /// <summary>What a new section of ours lists: every supported codec of the kind.</summary>
    public List<RtpCodec> ForNewSection(MediaKind kind, SupportedCodecs supported)
    {
        var codecs = new List<RtpCodec>(4);
        foreach (SupportedCodec known in supported.Codecs.Where(known => known.Kind == kind))
        {
            byte payloadType = Take(known.Name, known.DefaultPayloadType);
            string? fmtp = known.Codec == MediaCodec.Av1 ? _av1Fmtp : known.DefaultFmtp;
            codecs.Add(new(payloadType, known.Name, known.ClockRate, known.Channels, fmtp, known.Feedback));

            // Behind plain Opus: webrtcbin answers with the first codec alone, and RED without Opus carries nothing.
            if (supported.AcceptsRed && known.Codec == MediaCodec.Opus)
            {
                byte red = Take(RedKey, DefaultRedPayloadType);
                codecs.Add(new(red, RedKey, known.ClockRate, known.Channels, $"{payloadType}/{payloadType}", []));
            }

            if (supported.AcceptsRtx && known.DefaultRtxPayloadType != 0)
            {
                byte rtx = Take(RtxKey(known), known.DefaultRtxPayloadType);
                codecs.Add(new(rtx, "rtx", known.ClockRate, 0, $"apt={payloadType}", []));
            }
        }

        return codecs;
    }

    private static string RtxKey(SupportedCodec codec) => codec.Name + " rtx";

    private void Claim(string key, byte payloadType)
    {
        _payloadTypes.TryAdd(key, payloadType);
        _owners[payloadType] ??= key;
    }

    private byte Take(string key, byte preferred)
    {
        if (_payloadTypes.TryGetValue(key, out byte known))
        {
            return known;
        }

        byte payloadType = preferred;
        if (_owners[preferred] is not null)
        {
            // The dynamic range, then the one that opened when it was exhausted (RFC 5761, section 4 keeps 64 to 95 free).
            IEnumerable<int> candidates = Enumerable.Range(96, 32).Concat(Enumerable.Range(35, 29));
            payloadType = (byte)candidates.FirstOrDefault(candidate => _owners[candidate] is null, preferred);
        }

        Claim(key, payloadType);
        return payloadType;
    }
}
