using System.Diagnostics.CodeAnalysis;

namespace Calls.Rtc.Sdp;

/// <summary>A session description as WebRTC uses it (RFC 8866, RFC 8829): what the parser understood, or what is to be written.</summary>
/// <remarks>Lines that mean nothing to the SFU are not kept, so writing gives an equivalent description, not the same bytes.</remarks>
public sealed class SessionDescription
{
    /// <summary>User name of the <c>o=</c> line.</summary>
    public string OriginUser { get; set; } = "-";

    public ulong OriginSessionId { get; set; }

    public ulong OriginVersion { get; set; }

    /// <summary>Address of the <c>o=</c> line, with its family: <c>IP4 0.0.0.0</c>.</summary>
    public string OriginAddress { get; set; } = "IP4 0.0.0.0";

    /// <summary>Mids of the first <c>a=group:BUNDLE</c>; <c>null</c> when there is none.</summary>
    public List<string>? Bundle { get; set; }

    public bool IsIceLite { get; set; }

    /// <summary><c>a=extmap-allow-mixed</c> at session level.</summary>
    public bool AllowsMixedExtensions { get; set; }

    /// <summary>Session level; sections that state none have the same.</summary>
    public List<Fingerprint> Fingerprints { get; } = [];

    /// <summary>Session level; sections that state none have the same.</summary>
    public IceCredentials? Credentials { get; set; }

    /// <summary>Session level; sections that state none have the same.</summary>
    public string? IceOptions { get; set; }

    /// <summary>Session level; sections that state none have the same.</summary>
    public DtlsSetup? Setup { get; set; }

    public List<MediaSection> Sections { get; } = [];

    /// <summary>Parses a description with LF or CRLF line ends. Never throws for bad input.</summary>
    /// <param name="text">The whole description.</param>
    /// <param name="description">The description, <c>null</c> on failure.</param>
    /// <param name="error">Why it was refused, <see cref="SdpError.None"/> on success.</param>
    public static bool TryParse(
        ReadOnlySpan<char> text, [NotNullWhen(true)] out SessionDescription? description, out SdpError error)
    {
        var parser = new SessionDescriptionParser(text);
        error = parser.Parse();
        description = error == SdpError.None ? parser.Description : null;
        return description is not null;
    }

    /// <summary>Writes the description with CRLF line ends.</summary>
    public string Write() => SessionDescriptionWriter.Write(this);
}
