using System.Globalization;
using System.Text;

namespace Calls.Rtc.Sdp;

/// <summary>Writes descriptions in the line order of media.md 3.8.</summary>
internal static class SessionDescriptionWriter
{
    public static string Write(SessionDescription description)
    {
        var text = new StringBuilder(1024);
        Line(text, "v=0");
        Line(text, $"o={description.OriginUser} {description.OriginSessionId} {description.OriginVersion} IN {description.OriginAddress}");
        Line(text, "s=-");
        Line(text, "t=0 0");
        Line(text, "a=msid-semantic:WMS *");
        foreach (Fingerprint fingerprint in description.Fingerprints)
        {
            Line(text, $"a=fingerprint:{fingerprint}");
        }

        WriteIce(text, description.Credentials, description.IceOptions);
        WriteSetup(text, description.Setup);
        if (description.AllowsMixedExtensions)
        {
            Line(text, "a=extmap-allow-mixed");
        }

        if (description.IsIceLite)
        {
            Line(text, "a=ice-lite");
        }

        if (description.Bundle is { } bundle)
        {
            Line(text, $"a=group:BUNDLE {string.Join(' ', bundle)}");
        }

        foreach (MediaSection section in description.Sections)
        {
            WriteSection(text, description, section);
        }

        return text.ToString();
    }

    private static void WriteSection(StringBuilder text, SessionDescription session, MediaSection section)
    {
        text.Append(CultureInfo.InvariantCulture, $"m={section.MediaType} {section.Port} {section.Protocol}");
        foreach (string format in section.Formats)
        {
            text.Append(' ').Append(format);
        }

        foreach (RtpCodec codec in section.Codecs)
        {
            text.Append(' ').Append(codec.PayloadType);
        }

        text.Append("\r\n");
        Line(text, "c=IN IP4 0.0.0.0");
        if (section.IsBundleOnly)
        {
            Line(text, "a=bundle-only");
        }

        // What the session level already says is not repeated (media.md N12).
        WriteSetup(text, section.Setup == session.Setup ? null : section.Setup);
        Line(text, $"a=mid:{section.Mid}");
        if (section.Kind == MediaKind.Application)
        {
            WriteDirection(text, section);
            WriteDataChannel(text, section);
        }

        WriteIce(
            text,
            section.Credentials == session.Credentials ? null : section.Credentials,
            section.IceOptions == session.IceOptions ? null : section.IceOptions);
        if (!section.Fingerprints.SequenceEqual(session.Fingerprints))
        {
            foreach (Fingerprint fingerprint in section.Fingerprints)
            {
                Line(text, $"a=fingerprint:{fingerprint}");
            }
        }

        foreach (string candidate in section.Candidates)
        {
            Line(text, $"a={candidate}");
        }

        if (section.HasEndOfCandidates)
        {
            Line(text, "a=end-of-candidates");
        }

        if (section.HasRtcpMux)
        {
            Line(text, "a=rtcp-mux");
        }

        if (section.HasRtcpRsize)
        {
            Line(text, "a=rtcp-rsize");
        }

        if (section.AllowsMixedExtensions && !session.AllowsMixedExtensions)
        {
            Line(text, "a=extmap-allow-mixed");
        }

        WriteCodecs(text, section);
        WriteSources(text, section);
        if (section.Kind != MediaKind.Application)
        {
            WriteDirection(text, section);
        }
    }

    private static void WriteDataChannel(StringBuilder text, MediaSection section)
    {
        if (section.SctpPort is { } port)
        {
            Line(text, $"a=sctp-port:{port}");
        }

        if (section.MaxMessageSize is { } size)
        {
            Line(text, $"a=max-message-size:{size}");
        }
    }

    private static void WriteCodecs(StringBuilder text, MediaSection section)
    {
        foreach (RtpCodec codec in section.Codecs)
        {
            if (codec.Name.Length > 0)
            {
                string channels = codec.Channels == 0 ? "" : $"/{codec.Channels}";
                Line(text, $"a=rtpmap:{codec.PayloadType} {codec.Name}/{codec.ClockRate}{channels}");
            }

            if (codec.Fmtp is not null)
            {
                Line(text, $"a=fmtp:{codec.PayloadType} {codec.Fmtp}");
            }

            foreach (string feedback in codec.Feedback)
            {
                Line(text, $"a=rtcp-fb:{codec.PayloadType} {feedback}");
            }
        }

        foreach (HeaderExtension extension in section.Extensions)
        {
            string direction = extension.Direction is { } stated ? $"/{stated}" : "";
            Line(text, $"a=extmap:{extension.Id}{direction} {extension.Uri}");
        }
    }

    private static void WriteSources(StringBuilder text, MediaSection section)
    {
        foreach (RidDescription rid in section.Rids)
        {
            Line(text, $"a=rid:{rid.Id} {(rid.Sends ? "send" : "recv")}");
        }

        if (section.SimulcastSend.Count + section.SimulcastReceive.Count > 0)
        {
            string send = section.SimulcastSend.Count == 0 ? "" : $"send {string.Join(';', section.SimulcastSend)} ";
            string receive = section.SimulcastReceive.Count == 0 ? "" : $"recv {string.Join(';', section.SimulcastReceive)}";
            Line(text, $"a=simulcast:{(send + receive).TrimEnd(' ')}");
        }

        foreach (SsrcGroup group in section.SsrcGroups)
        {
            Line(text, $"a=ssrc-group:{group.Semantics} {string.Join(' ', group.Ssrcs)}");
        }

        foreach (SsrcDescription source in section.Ssrcs)
        {
            // A source needs at least one attribute to be written (RFC 5576, section 4.1).
            if (source.Cname is not null || source.StreamId is null)
            {
                Line(text, $"a=ssrc:{source.Ssrc} cname:{source.Cname}");
            }

            if (source.StreamId is { } streamId)
            {
                Line(text, $"a=ssrc:{source.Ssrc} msid:{Join(streamId)}");
            }
        }

        foreach (MediaStreamId streamId in section.StreamIds)
        {
            Line(text, $"a=msid:{Join(streamId)}");
        }
    }

    private static string Join(MediaStreamId id) => id.TrackId.Length == 0 ? id.StreamId : $"{id.StreamId} {id.TrackId}";

    private static void WriteDirection(StringBuilder text, MediaSection section)
    {
        if (!section.OmitsDirection)
        {
            Line(text, $"a={section.Direction}");
        }
    }

    private static void WriteIce(StringBuilder text, IceCredentials? credentials, string? options)
    {
        if (credentials is not null)
        {
            Line(text, $"a=ice-ufrag:{credentials.Ufrag}");
            Line(text, $"a=ice-pwd:{credentials.Password}");
        }

        if (options is not null)
        {
            Line(text, $"a=ice-options:{options}");
        }
    }

    private static void WriteSetup(StringBuilder text, DtlsSetup? setup)
    {
        string? value = setup switch
        {
            DtlsSetup.ActPass => "actpass",
            DtlsSetup.Active => "active",
            DtlsSetup.Passive => "passive",
            DtlsSetup.HoldConn => "holdconn",
            _ => null,
        };
        if (value is not null)
        {
            Line(text, $"a=setup:{value}");
        }
    }

    private static void Line(StringBuilder text, string line) => text.Append(line).Append("\r\n");
}
