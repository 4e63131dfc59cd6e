namespace Calls.Rtc.Sdp;

/// <summary>One m-section while it is parsed: payload type attributes may stand in any order (Firefox writes <c>fmtp</c> before <c>rtpmap</c>).</summary>
internal sealed class SectionBuilder(MediaSection section, byte[] payloadTypes)
{
    private readonly RtpCodec?[] _codecs = payloadTypes.Length == 0 ? [] : new RtpCodec?[128];
    private readonly List<string> _feedbackForAll = [];

    public MediaSection Section { get; } = section;

    public int AttributeCount { get; set; }

    public MediaDirection? Direction { get; set; }

    public string? Ufrag { get; set; }

    public string? Password { get; set; }

    public void SetMap(byte payloadType, string name, int clockRate, byte channels)
    {
        if (Find(payloadType) is { } codec)
        {
            _codecs[payloadType] = codec with { Name = name, ClockRate = clockRate, Channels = channels };
        }
    }

    public void SetFmtp(byte payloadType, string fmtp)
    {
        if (Find(payloadType) is { } codec)
        {
            _codecs[payloadType] = codec with { Fmtp = fmtp };
        }
    }

    /// <summary>Adds feedback to one payload type, or to all of the section (<c>*</c>, RFC 4585, section 4.2) for <c>null</c>.</summary>
    public bool TryAddFeedback(byte? payloadType, string feedback)
    {
        List<string>? list = payloadType is { } one ? Find(one)?.Feedback as List<string> : _feedbackForAll;
        if (list is null || list.Contains(feedback))
        {
            return true;
        }

        list.Add(feedback);
        return list.Count <= SdpLimits.MaxFeedbackPerCodec;
    }

    /// <summary>Completes the section: codecs in the order of the m= line, session-level values where it has none of its own.</summary>
    public void Finish(SessionDescription session, MediaDirection? sessionDirection)
    {
        foreach (byte payloadType in payloadTypes)
        {
            if (_codecs[payloadType] is not { } codec)
            {
                // Stated on the m= line only; RFC 3551 assigns some of these, none of which the SFU uses.
                codec = new(payloadType, "", 0, 0, null, []);
            }

            Section.Codecs.Add(_feedbackForAll.Count == 0
                ? codec
                : codec with { Feedback = [.. codec.Feedback.Union(_feedbackForAll)] });
        }

        Section.Direction = Direction ?? sessionDirection ?? MediaDirection.SendRecv;
        Section.OmitsDirection = Direction is null && sessionDirection is null;
        Section.Credentials = Ufrag is not null && Password is not null ? new(Ufrag, Password) : session.Credentials;
        Section.IceOptions ??= session.IceOptions;
        Section.Setup ??= session.Setup;
        Section.AllowsMixedExtensions |= session.AllowsMixedExtensions;
        if (Section.Fingerprints.Count == 0)
        {
            Section.Fingerprints.AddRange(session.Fingerprints);
        }
    }

    private RtpCodec? Find(byte payloadType) =>
        payloadTypes.AsSpan().Contains(payloadType)
            ? _codecs[payloadType] ??= new(payloadType, "", 0, 0, null, new List<string>())
            : null;
}
