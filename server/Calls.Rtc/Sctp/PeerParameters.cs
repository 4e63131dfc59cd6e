namespace Calls.Rtc.Sctp;

/// <summary>What matters to us among the parameters of an INIT or INIT ACK.</summary>
internal readonly ref struct PeerParameters
{
    /// <summary>State cookie, to be returned as it is; empty if there was none.</summary>
    public ReadOnlySpan<byte> Cookie { get; private init; }

    /// <summary>The peer understands RE-CONFIG (RFC 6525).</summary>
    public bool ResetsStreams { get; private init; }

    /// <summary>The first unknown parameter that its sender wants reported, with its header.</summary>
    public ReadOnlySpan<byte> Unrecognized { get; private init; }

    /// <returns><c>false</c> if a length cannot be.</returns>
    public static bool TryRead(ReadOnlySpan<byte> parameters, out PeerParameters result)
    {
        ReadOnlySpan<byte> cookie = default;
        ReadOnlySpan<byte> unrecognized = default;
        bool resetsStreams = false;
        bool isStopped = false;
        var reader = new SctpParameterReader(parameters);
        while (!isStopped && reader.TryRead(out SctpParameterType type, out ReadOnlySpan<byte> bytes))
        {
            switch (type)
            {
                case SctpParameterType.StateCookie:
                    cookie = bytes[SctpParameterReader.HeaderLength..];
                    break;
                case SctpParameterType.SupportedExtensions:
                    resetsStreams = bytes[SctpParameterReader.HeaderLength..].Contains((byte)SctpChunkType.ReConfig);
                    break;

                // Addresses mean nothing over DTLS (RFC 8261, section 5). That the peer takes FORWARD TSN or zero checksums does not
                // matter either, as we send neither.
                case SctpParameterType.IPv4Address:
                case SctpParameterType.IPv6Address:
                case SctpParameterType.CookiePreservative:
                case SctpParameterType.SupportedAddressTypes:
                case SctpParameterType.UnrecognizedParameter:
                case SctpParameterType.ForwardTsnSupported:
                case SctpParameterType.ZeroChecksumAcceptable:
                    break;

                // The two highest bits of an unknown type say whether to go on and whether to report (RFC 9260, section 3.2.1).
                default:
                    isStopped = ((ushort)type & 0x8000) == 0;
                    if (((ushort)type & 0x4000) != 0 && unrecognized.IsEmpty)
                    {
                        unrecognized = bytes;
                    }

                    break;
            }
        }

        result = new PeerParameters { Cookie = cookie, ResetsStreams = resetsStreams, Unrecognized = unrecognized };
        return !reader.IsMalformed;
    }
}
