using System.Buffers;

namespace Calls.Rtc.Sdp;

/// <summary>Reads one <c>a=</c> line of an m-section.</summary>
internal static class SectionAttributeParser
{
    // mid and rid travel in header extensions and in our own descriptions (RFC 8851, section 10; RFC 5888, section 4).
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!#$%&'*+^`{|}");

    // ice-char (RFC 8839, section 5.4).
    private static readonly SearchValues<char> IceCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

    public static SdpError Parse(SectionBuilder builder, ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        MediaSection section = builder.Section;
        SdpError error = SdpError.None;
        switch (name)
        {
            case "mid":
                if (!IsToken(value))
                {
                    return SdpError.MalformedAttribute;
                }

                section.Mid = value.ToString();
                return SdpError.None;
            case "rtpmap":
                return ParseMap(builder, value);
            case "fmtp":
                return ParseFmtp(builder, value);
            case "rtcp-fb":
                return ParseFeedback(builder, value);
            case "extmap":
                return ParseExtension(section, value);
            case "msid":
                return ParseStreamId(section, value);
            case "ssrc":
                return ParseSsrc(section, value);
            case "ssrc-group":
                return ParseSsrcGroup(section, value);
            case "rid":
                return ParseRid(section, value);
            case "simulcast":
                return ParseSimulcast(section, value);
            case "candidate":
                section.Candidates.Add($"candidate:{value}");
                return section.Candidates.Count > SdpLimits.MaxCandidatesPerSection ? SdpError.TooManyAttributes : SdpError.None;
            case "end-of-candidates":
                section.HasEndOfCandidates = true;
                return SdpError.None;
            case "ice-ufrag":
                error = ParseIceToken(value, 4, out string? ufrag);
                builder.Ufrag = ufrag;
                return error;
            case "ice-pwd":
                error = ParseIceToken(value, 22, out string? password);
                builder.Password = password;
                return error;
            case "ice-options":
                section.IceOptions = ReadIceOptions(value);
                return SdpError.None;
            case "fingerprint":
                return ParseFingerprint(value, section.Fingerprints);
            case "setup":
                error = ParseSetup(value, out DtlsSetup setup);
                section.Setup = setup;
                return error;
            case "rtcp-mux":
                section.HasRtcpMux = true;
                return SdpError.None;
            case "rtcp-rsize":
                section.HasRtcpRsize = true;
                return SdpError.None;
            case "bundle-only":
                section.IsBundleOnly = true;
                return SdpError.None;
            case "extmap-allow-mixed":
                section.AllowsMixedExtensions = true;
                return SdpError.None;
            case "sctp-port":
                if (!SdpWords.TryParse(value, out ulong sctpPort) || sctpPort > ushort.MaxValue)
                {
                    return SdpError.MalformedAttribute;
                }

                section.SctpPort = (ushort)sctpPort;
                return SdpError.None;
            case "max-message-size":
                if (!SdpWords.TryParse(value, out ulong size))
                {
                    return SdpError.MalformedAttribute;
                }

                section.MaxMessageSize = size;
                return SdpError.None;
            default:
                if (MediaDirection.TryParse(name, out MediaDirection direction))
                {
                    builder.Direction = direction;
                }

                return SdpError.None;
        }
    }

    public static bool IsToken(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= SdpLimits.MaxTokenLength && !text.ContainsAnyExcept(TokenCharacters);

    public static SdpError ParseIceToken(ReadOnlySpan<char> value, int minLength, out string? token)
    {
        token = null;
        if (value.Length < minLength || value.Length > 256 || value.ContainsAnyExcept(IceCharacters))
        {
            return SdpError.MalformedAttribute;
        }

        token = value.ToString();
        return SdpError.None;
    }

    public static string? ReadIceOptions(ReadOnlySpan<char> value) =>
        value.Length is 0 or > SdpLimits.MaxIdLength ? null : value.ToString();

    public static SdpError ParseFingerprint(ReadOnlySpan<char> value, List<Fingerprint> fingerprints)
    {
        if (!Fingerprint.TryParse(value, out Fingerprint fingerprint))
        {
            return SdpError.MalformedAttribute;
        }

        fingerprints.Add(fingerprint);
        return fingerprints.Count > SdpLimits.MaxFingerprints ? SdpError.TooManyAttributes : SdpError.None;
    }

    public static SdpError ParseSetup(ReadOnlySpan<char> value, out DtlsSetup setup)
    {
        (setup, bool isKnown) = value switch
        {
            "actpass" => (DtlsSetup.ActPass, true),
            "active" => (DtlsSetup.Active, true),
            "passive" => (DtlsSetup.Passive, true),
            "holdconn" => (DtlsSetup.HoldConn, true),
            _ => (DtlsSetup.ActPass, false),
        };
        return isKnown ? SdpError.None : SdpError.MalformedAttribute;
    }

    // rtpmap:<pt> <name>/<clock rate>[/<channels>] (RFC 8866, section 6.6)
    private static SdpError ParseMap(SectionBuilder builder, ReadOnlySpan<char> value)
    {
        var words = new SdpWords(value);
        if (!TryReadPayloadType(words.Next(), out byte payloadType))
        {
            return SdpError.MalformedAttribute;
        }

        ReadOnlySpan<char> encoding = words.Rest;
        Span<Range> parts = stackalloc Range[4];
        int count = encoding.Split(parts, '/');
        ulong channels = 0;
        if (count is < 2 or > 3
            || encoding[parts[0]].Length is 0 or > SdpLimits.MaxTokenLength
            || !SdpWords.TryParse(encoding[parts[1]], out ulong clockRate)
            || clockRate is 0 or > 1_000_000
            || (count == 3 && (!SdpWords.TryParse(encoding[parts[2]], out channels) || channels > 255)))
        {
            return SdpError.MalformedAttribute;
        }

        builder.SetMap(payloadType, encoding[parts[0]].ToString(), (int)clockRate, (byte)channels);
        return SdpError.None;
    }

    private static SdpError ParseFmtp(SectionBuilder builder, ReadOnlySpan<char> value)
    {
        var words = new SdpWords(value);
        if (!TryReadPayloadType(words.Next(), out byte payloadType) || words.Rest.IsEmpty)
        {
            return SdpError.MalformedAttribute;
        }

        builder.SetFmtp(payloadType, words.Rest.ToString());
        return SdpError.None;
    }

    private static SdpError ParseFeedback(SectionBuilder builder, ReadOnlySpan<char> value)
    {
        var words = new SdpWords(value);
        ReadOnlySpan<char> target = words.Next();
        byte? payloadType = null;
        if (target is not "*")
        {
            if (!TryReadPayloadType(target, out byte one))
            {
                return SdpError.MalformedAttribute;
            }

            payloadType = one;
        }

        if (words.Rest.Length is 0 or > SdpLimits.MaxIdLength)
        {
            return SdpError.MalformedAttribute;
        }

        return builder.TryAddFeedback(payloadType, words.Rest.ToString()) ? SdpError.None : SdpError.TooManyAttributes;
    }

    // extmap:<id>[/<direction>] <uri> [<attributes>] (RFC 8285, section 5)
    private static SdpError ParseExtension(MediaSection section, ReadOnlySpan<char> value)
    {
        var words = new SdpWords(value);
        ReadOnlySpan<char> head = words.Next();
        int slash = head.IndexOf('/');
        MediaDirection? direction = null;
        if (slash >= 0)
        {
            if (!MediaDirection.TryParse(head[(slash + 1)..], out MediaDirection stated))
            {
                return SdpError.MalformedAttribute;
            }

            direction = stated;
            head = head[..slash];
        }

        ReadOnlySpan<char> uri = words.Next();
        if (!SdpWords.TryParse(head, out ulong id) || id == 0 || uri.Length is 0 or > SdpLimits.MaxIdLength)
        {
            return SdpError.MalformedAttribute;
        }

        // 4096 to 4351 are placeholders for more extensions than there are ids; the SFU never needs one.
        if (id > 255)
        {
            return SdpError.None;
        }

        section.Extensions.Add(new((byte)id, uri.ToString(), direction));
        return section.Extensions.Count > SdpLimits.MaxExtensionsPerSection ? SdpError.TooManyAttributes : SdpError.None;
    }

    private static SdpError ParseStreamId(MediaSection section, ReadOnlySpan<char> value)
    {
        if (!TryReadStreamId(value, out MediaStreamId streamId))
        {
            return SdpError.MalformedAttribute;
        }

        section.StreamIds.Add(streamId);
        return section.StreamIds.Count > SdpLimits.MaxStreamIdsPerSection ? SdpError.TooManyAttributes : SdpError.None;
    }

    private static SdpError ParseSsrc(MediaSection section, ReadOnlySpan<char> value)
    {
        var words = new SdpWords(value);
        if (!words.TryNextNumber(out ulong ssrc) || ssrc > uint.MaxValue || words.Rest.IsEmpty)
        {
            return SdpError.MalformedAttribute;
        }

        List<SsrcDescription> ssrcs = section.Ssrcs;
        int index = ssrcs.FindIndex(known => known.Ssrc == (uint)ssrc);
        if (index < 0)
        {
            index = ssrcs.Count;
            ssrcs.Add(new((uint)ssrc));
            if (ssrcs.Count > SdpLimits.MaxSsrcsPerSection)
            {
                return SdpError.TooManyAttributes;
            }
        }

        ReadOnlySpan<char> attribute = words.Rest;
        if (attribute.StartsWith("cname:"))
        {
            ReadOnlySpan<char> cname = attribute["cname:".Length..];
            if (cname.Length > SdpLimits.MaxIdLength)
            {
                return SdpError.MalformedAttribute;
            }

            ssrcs[index] = ssrcs[index] with { Cname = cname.ToString() };
        }
        else if (attribute.StartsWith("msid:"))
        {
            if (!TryReadStreamId(attribute["msid:".Length..], out MediaStreamId streamId))
            {
                return SdpError.MalformedAttribute;
            }

            ssrcs[index] = ssrcs[index] with { StreamId = streamId };
        }

        return SdpError.None;
    }

    private static SdpError ParseSsrcGroup(MediaSection section, ReadOnlySpan<char> value)
    {
        var words = new SdpWords(value);
        string semantics = words.Next().ToString();
        var ssrcs = new List<uint>();
        while (!words.Rest.IsEmpty)
        {
            if (!words.TryNextNumber(out ulong ssrc) || ssrc > uint.MaxValue)
            {
                return SdpError.MalformedAttribute;
            }

            ssrcs.Add((uint)ssrc);
        }

        if (semantics.Length is 0 or > SdpLimits.MaxTokenLength || ssrcs.Count == 0)
        {
            return SdpError.MalformedAttribute;
        }

        section.SsrcGroups.Add(new(semantics, ssrcs));
        return ssrcs.Count > SdpLimits.MaxSsrcsPerSection || section.SsrcGroups.Count > SdpLimits.MaxSsrcGroupsPerSection
            ? SdpError.TooManyAttributes
            : SdpError.None;
    }

    private static SdpError ParseRid(MediaSection section, ReadOnlySpan<char> value)
    {
        var words = new SdpWords(value);
        ReadOnlySpan<char> id = words.Next();
        ReadOnlySpan<char> direction = words.Next();
        if (!IsToken(id) || direction is not ("send" or "recv"))
        {
            return SdpError.MalformedAttribute;
        }

        section.Rids.Add(new(id.ToString(), direction is "send"));
        return section.Rids.Count > SdpLimits.MaxRidsPerSection ? SdpError.TooManyAttributes : SdpError.None;
    }

    // simulcast:send l;~h recv a,b;c (RFC 8853, section 5.1)
    private static SdpError ParseSimulcast(MediaSection section, ReadOnlySpan<char> value)
    {
        var words = new SdpWords(value);
        while (!words.Rest.IsEmpty)
        {
            ReadOnlySpan<char> direction = words.Next();
            ReadOnlySpan<char> list = words.Next();
            if (direction is not ("send" or "recv") || list.IsEmpty)
            {
                return SdpError.MalformedAttribute;
            }

            List<SimulcastStream> streams = direction is "send" ? section.SimulcastSend : section.SimulcastReceive;
            foreach (Range range in list.Split(';'))
            {
                // Alternatives of one stream are joined by commas; the first is the preferred one.
                ReadOnlySpan<char> stream = list[range];
                int comma = stream.IndexOf(',');
                stream = comma < 0 ? stream : stream[..comma];
                bool isPaused = stream.StartsWith('~');
                ReadOnlySpan<char> rid = isPaused ? stream[1..] : stream;
                if (!IsToken(rid))
                {
                    return SdpError.MalformedAttribute;
                }

                streams.Add(new(rid.ToString(), isPaused));
                if (streams.Count > SdpLimits.MaxRidsPerSection)
                {
                    return SdpError.TooManyAttributes;
                }
            }
        }

        return SdpError.None;
    }

    private static bool TryReadPayloadType(ReadOnlySpan<char> text, out byte payloadType)
    {
        bool isValid = SdpWords.TryParse(text, out ulong number) && number <= 127;
        payloadType = isValid ? (byte)number : (byte)0;
        return isValid;
    }

    private static bool TryReadStreamId(ReadOnlySpan<char> value, out MediaStreamId streamId)
    {
        var words = new SdpWords(value);
        ReadOnlySpan<char> stream = words.Next();
        ReadOnlySpan<char> track = words.Next();
        bool isValid = stream.Length is > 0 and <= SdpLimits.MaxIdLength && track.Length <= SdpLimits.MaxIdLength;
        streamId = isValid ? new(stream.ToString(), track.ToString()) : default;
        return isValid;
    }
}
