namespace Calls.Rtc.Sdp;

/// <summary>Reads one session description line by line. Unknown lines are skipped, broken known ones refuse the whole.</summary>
internal ref struct SessionDescriptionParser(ReadOnlySpan<char> text)
{
    private readonly ReadOnlySpan<char> _text = text;
    private readonly HashSet<string> _mids = [];
    private SectionBuilder? _section;
    private MediaDirection? _sessionDirection;
    private string? _sessionUfrag;
    private string? _sessionPassword;
    private int _sessionAttributes;
    private bool _hasOrigin;

    public SessionDescription Description { get; } = new();

    public SdpError Parse()
    {
        if (_text.Length > SdpLimits.MaxLength)
        {
            return SdpError.TooLong;
        }

        bool isFirst = true;
        foreach (Range range in _text.Split('\n'))
        {
            ReadOnlySpan<char> line = _text[range];
            if (line.EndsWith('\r'))
            {
                line = line[..^1];
            }

            if (isFirst != line is "v=0")
            {
                return SdpError.NotSdp;
            }

            if (!isFirst && line.Length > 0)
            {
                SdpError error = ParseLine(line);
                if (error != SdpError.None)
                {
                    return error;
                }
            }

            isFirst = false;
        }

        if (!_hasOrigin)
        {
            return SdpError.NotSdp;
        }

        return FinishSection();
    }

    private SdpError ParseLine(ReadOnlySpan<char> line)
    {
        if (line.Length > SdpLimits.MaxLineLength)
        {
            return SdpError.LineTooLong;
        }

        // Values are echoed into our own descriptions: nothing that could pass for a line end may get in.
        if (line.Length < 2 || line[1] != '=' || line.ContainsAnyInRange('\0', '\x1F') || line.Contains('\x7F'))
        {
            return SdpError.MalformedLine;
        }

        ReadOnlySpan<char> value = line[2..];
        return line[0] switch
        {
            'o' => ParseOrigin(value),
            'm' => ParseMedia(value),
            'a' => ParseAttribute(value),
            _ => SdpError.None,
        };
    }

    // o=<username> <sess-id> <sess-version> <nettype> <addrtype> <unicast-address> (RFC 8866, section 5.2)
    private SdpError ParseOrigin(ReadOnlySpan<char> value)
    {
        var words = new SdpWords(value);
        string user = words.Next().ToString();
        if (!words.TryNextNumber(out ulong sessionId)
            || !words.TryNextNumber(out ulong version)
            || words.Next() is not "IN"
            || words.Rest is { Length: 0 or > SdpLimits.MaxIdLength }
            || user.Length is 0 or > SdpLimits.MaxIdLength)
        {
            return SdpError.NotSdp;
        }

        Description.OriginUser = user;
        Description.OriginSessionId = sessionId;
        Description.OriginVersion = version;
        Description.OriginAddress = words.Rest.ToString();
        _hasOrigin = true;
        return SdpError.None;
    }

    // m=<media> <port> <proto> <fmt> ... (RFC 8866, section 5.14)
    private SdpError ParseMedia(ReadOnlySpan<char> value)
    {
        SdpError error = FinishSection();
        if (error != SdpError.None)
        {
            return error;
        }

        if (Description.Sections.Count == SdpLimits.MaxSections)
        {
            return SdpError.TooManySections;
        }

        var words = new SdpWords(value);
        ReadOnlySpan<char> type = words.Next();
        if (!words.TryNextNumber(out ulong port) || port > ushort.MaxValue)
        {
            return SdpError.MalformedMedia;
        }

        ReadOnlySpan<char> protocol = words.Next();
        if (type.Length is 0 or > SdpLimits.MaxTokenLength
            || protocol.Length is 0 or > SdpLimits.MaxTokenLength
            || words.Rest.IsEmpty)
        {
            return SdpError.MalformedMedia;
        }

        MediaKind kind = type switch
        {
            "audio" => MediaKind.Audio,
            "video" => MediaKind.Video,
            "application" => MediaKind.Application,
            _ => MediaKind.Other,
        };
        var section = new MediaSection
        {
            Kind = kind,
            MediaType = type.ToString(),
            Protocol = protocol.ToString(),
            Port = (ushort)port,
        };

        byte[] payloadTypes = [];
        if (section.IsRtp)
        {
            if (!TryReadPayloadTypes(ref words, out payloadTypes))
            {
                return SdpError.MalformedMedia;
            }
        }
        else
        {
            for (ReadOnlySpan<char> format = words.Next(); !format.IsEmpty; format = words.Next())
            {
                if (section.Formats.Count == 8)
                {
                    return SdpError.TooManyAttributes;
                }

                section.Formats.Add(format.ToString());
            }
        }

        _section = new(section, payloadTypes);
        return SdpError.None;
    }

    private static bool TryReadPayloadTypes(ref SdpWords words, out byte[] payloadTypes)
    {
        Span<byte> found = stackalloc byte[128];
        int count = 0;
        payloadTypes = [];
        while (!words.Rest.IsEmpty)
        {
            if (!words.TryNextNumber(out ulong payloadType) || payloadType > 127)
            {
                return false;
            }

            if (!found[..count].Contains((byte)payloadType))
            {
                found[count++] = (byte)payloadType;
            }
        }

        payloadTypes = found[..count].ToArray();
        return true;
    }

    private SdpError ParseAttribute(ReadOnlySpan<char> attribute)
    {
        int colon = attribute.IndexOf(':');
        ReadOnlySpan<char> name = colon < 0 ? attribute : attribute[..colon];
        ReadOnlySpan<char> value = colon < 0 ? default : attribute[(colon + 1)..];

        if (_section is null)
        {
            return ++_sessionAttributes > SdpLimits.MaxAttributesPerSection
                ? SdpError.TooManyAttributes
                : ParseSessionAttribute(name, value);
        }

        return ++_section.AttributeCount > SdpLimits.MaxAttributesPerSection
            ? SdpError.TooManyAttributes
            : SectionAttributeParser.Parse(_section, name, value);
    }

    private SdpError ParseSessionAttribute(ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        switch (name)
        {
            case "group":
                return ParseGroup(value);
            case "ice-lite":
                Description.IsIceLite = true;
                return SdpError.None;
            case "extmap-allow-mixed":
                Description.AllowsMixedExtensions = true;
                return SdpError.None;
            case "fingerprint":
                return SectionAttributeParser.ParseFingerprint(value, Description.Fingerprints);
            case "ice-ufrag":
                return SectionAttributeParser.ParseIceToken(value, 4, out _sessionUfrag);
            case "ice-pwd":
                return SectionAttributeParser.ParseIceToken(value, 22, out _sessionPassword);
            case "ice-options":
                Description.IceOptions = SectionAttributeParser.ReadIceOptions(value);
                return SdpError.None;
            case "setup":
                SdpError error = SectionAttributeParser.ParseSetup(value, out DtlsSetup setup);
                Description.Setup = setup;
                return error;
            default:
                if (MediaDirection.TryParse(name, out MediaDirection direction))
                {
                    _sessionDirection = direction;
                }

                return SdpError.None;
        }
    }

    private SdpError ParseGroup(ReadOnlySpan<char> value)
    {
        var words = new SdpWords(value);
        if (words.Next() is not "BUNDLE" || Description.Bundle is not null)
        {
            return SdpError.None;
        }

        Description.Bundle = [];
        for (ReadOnlySpan<char> mid = words.Next(); !mid.IsEmpty; mid = words.Next())
        {
            if (!SectionAttributeParser.IsToken(mid))
            {
                return SdpError.MalformedAttribute;
            }

            if (Description.Bundle.Count == SdpLimits.MaxSections)
            {
                return SdpError.TooManySections;
            }

            Description.Bundle.Add(mid.ToString());
        }

        return SdpError.None;
    }

    private SdpError FinishSection()
    {
        if (_section is null)
        {
            if (_sessionUfrag is not null && _sessionPassword is not null)
            {
                Description.Credentials = new(_sessionUfrag, _sessionPassword);
            }

            return SdpError.None;
        }

        MediaSection section = _section.Section;
        if (section.Mid.Length == 0)
        {
            return SdpError.MissingMid;
        }

        if (!_mids.Add(section.Mid))
        {
            return SdpError.DuplicateMid;
        }

        _section.Finish(Description, _sessionDirection);
        Description.Sections.Add(section);
        _section = null;
        return SdpError.None;
    }
}
