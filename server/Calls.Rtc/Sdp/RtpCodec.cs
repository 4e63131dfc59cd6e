namespace Calls.Rtc.Sdp;

/// <summary>One payload type of an m-section with its <c>rtpmap</c>, <c>fmtp</c> and <c>rtcp-fb</c> lines (RFC 8866, section 6.6; RFC 4585).</summary>
/// <param name="PayloadType">0 to 127.</param>
/// <param name="Name">Encoding name as written, empty when the description has no <c>rtpmap</c> for it.</param>
/// <param name="ClockRate">Hz.</param>
/// <param name="Channels">0 when not stated.</param>
/// <param name="Fmtp">Format parameters without the payload type, <c>null</c> when there are none.</param>
/// <param name="Feedback">Values of <c>rtcp-fb</c> without the payload type, for example <c>nack pli</c>.</param>
public sealed record RtpCodec(
    byte PayloadType,
    string Name,
    int ClockRate,
    byte Channels,
    string? Fmtp,
    IReadOnlyList<string> Feedback)
{
    public bool IsRtx => Name.Equals("rtx", StringComparison.OrdinalIgnoreCase);

    /// <summary>The payload type an <c>rtx</c> codec retransmits (RFC 4588, section 8.1), or -1.</summary>
    public int AssociatedPayloadType =>
        IsRtx && TryGetParameter("apt", out ReadOnlySpan<char> apt) && byte.TryParse(apt, out byte value) ? value : -1;

    /// <summary>Audio that repeats itself (RFC 2198); video's RED carries error correction and is another matter.</summary>
    public bool IsAudioRed => Name.Equals("red", StringComparison.OrdinalIgnoreCase) && ClockRate == 48_000;

    /// <summary>Whether this is audio RED whose primary block has the given payload type (RFC 2198, section 5: <c>fmtp:63 111/111</c>).</summary>
    public bool IsRedOf(byte payloadType) =>
        IsAudioRed && Fmtp is { } blocks && byte.TryParse(blocks.AsSpan(0, Math.Max(0, blocks.IndexOf('/'))), out byte primary) && primary == payloadType;

    /// <summary>Finds <c>name=value</c> among the format parameters.</summary>
    public bool TryGetParameter(ReadOnlySpan<char> name, out ReadOnlySpan<char> value)
    {
        ReadOnlySpan<char> fmtp = Fmtp;
        foreach (Range range in fmtp.Split(';'))
        {
            ReadOnlySpan<char> parameter = fmtp[range].Trim(' ');
            int equals = parameter.IndexOf('=');
            if (equals > 0 && parameter[..equals].Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                value = parameter[(equals + 1)..];
                return true;
            }
        }

        value = default;
        return false;
    }
}
