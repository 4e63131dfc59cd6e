using System.Globalization;
using System.Net;

namespace Calls.Rtc.Ice;

/// <summary>A candidate as SDP and trickled messages carry it (RFC 8839, section 5.1).</summary>
/// <param name="Foundation">Equal for candidates of the same type, base address and transport.</param>
/// <param name="Component">1 for RTP; 2 (RTCP) is redundant under rtcp-mux.</param>
/// <param name="Host">An address literal, or a name such as <c>xyz.local</c> that we never resolve.</param>
public sealed record IceCandidate(
    string Foundation,
    int Component,
    bool IsTcp,
    uint Priority,
    string Host,
    int Port,
    IceCandidateType Type,
    IceTcpType TcpType)
{
    /// <summary>Longer lines are malformed; real ones stay below 200 characters.</summary>
    public const int MaxLineLength = 1024;

    private const int MaxHostLength = 253;
    private const int MaxFoundationLength = 32;

    /// <summary><see cref="Host"/> as an address, <c>null</c> if it is a name.</summary>
    public IPAddress? Address => IPAddress.TryParse(Host, out IPAddress? address) ? address : null;

    /// <summary>Address and port as an operator writes them.</summary>
    public string EndPoint => Address is { } address ? new IPEndPoint(address, Port).ToString() : $"{Host}:{Port}";

    /// <summary>The owner hides its address behind multicast DNS; it is learned from its checks instead.</summary>
    public bool IsMdns => Host.EndsWith(".local", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads <c>candidate:...</c>, with or without <c>a=</c> in front.</summary>
    /// <param name="candidate">Set only for <see cref="IceCandidateParseResult.Ok"/>.</param>
    /// <remarks>Extension attributes are skipped, except <c>tcptype</c>. Keywords are compared without case: Firefox writes <c>UDP</c>.</remarks>
    public static IceCandidateParseResult TryParse(ReadOnlySpan<char> line, out IceCandidate? candidate)
    {
        candidate = null;
        line = line.Trim();
        line = WithoutPrefix(WithoutPrefix(line, "a="), "candidate:");
        if (line.IsEmpty)
        {
            return IceCandidateParseResult.EndOfCandidates;
        }

        if (line.Length > MaxLineLength
            || !TryTake(ref line, out ReadOnlySpan<char> foundation)
            || !IsFoundation(foundation)
            || !TryTakeNumber(ref line, 256, out uint component)
            || component == 0
            || !TryTake(ref line, out ReadOnlySpan<char> transport)
            || !TryTakeNumber(ref line, uint.MaxValue, out uint priority)
            || !TryTake(ref line, out ReadOnlySpan<char> host)
            || !IsHost(host)
            || !TryTakeNumber(ref line, ushort.MaxValue, out uint port)
            || !TryTake(ref line, out ReadOnlySpan<char> keyword)
            || !Is(keyword, "typ")
            || !TryTake(ref line, out ReadOnlySpan<char> typeName)
            || !TryTakeTcpType(line, out IceTcpType? tcpType))
        {
            return IceCandidateParseResult.Malformed;
        }

        bool isTcp = Is(transport, "tcp");
        if (!TryReadType(typeName, out IceCandidateType type) || !(isTcp || Is(transport, "udp")) || tcpType is null)
        {
            return IceCandidateParseResult.Unknown;
        }

        // RFC 6544, section 4.5: a TCP candidate says who connects, a UDP candidate does not.
        if (isTcp != (tcpType != IceTcpType.None))
        {
            return IceCandidateParseResult.Malformed;
        }

        candidate = new(foundation.ToString(), (int)component, isTcp, priority, host.ToString(), (int)port, type, tcpType.Value);
        return IceCandidateParseResult.Ok;
    }

    /// <summary>The line without <c>a=</c>, ending with our ufrag, as candidate messages and SDP carry it.</summary>
    public string Format(string ufrag) => string.Create(
        CultureInfo.InvariantCulture,
        $"candidate:{Foundation} {Component} {(IsTcp ? "tcp" : "udp")} {Priority} {Host} {Port} typ {TypeName(Type)}{TcpTypeSuffix(TcpType)} ufrag {ufrag}");

    private static string TypeName(IceCandidateType type) => type switch
    {
        IceCandidateType.Host => "host",
        IceCandidateType.ServerReflexive => "srflx",
        IceCandidateType.PeerReflexive => "prflx",
        _ => "relay",
    };

    private static string TcpTypeSuffix(IceTcpType type) => type switch
    {
        IceTcpType.None => "",
        IceTcpType.Active => " tcptype active",
        IceTcpType.Passive => " tcptype passive",
        _ => " tcptype so",
    };

    private static bool TryReadType(ReadOnlySpan<char> name, out IceCandidateType type)
    {
        for (type = IceCandidateType.Host; type <= IceCandidateType.Relayed; type++)
        {
            if (Is(name, TypeName(type)))
            {
                return true;
            }
        }

        return false;
    }

    // Extensions are name-value pairs; tcptype is null if present with a value that RFC 6544 does not define.
    private static bool TryTakeTcpType(ReadOnlySpan<char> extensions, out IceTcpType? tcpType)
    {
        tcpType = IceTcpType.None;
        while (TryTake(ref extensions, out ReadOnlySpan<char> name))
        {
            if (!TryTake(ref extensions, out ReadOnlySpan<char> value))
            {
                return false;
            }

            if (Is(name, "tcptype"))
            {
                tcpType = Is(value, "active") ? IceTcpType.Active
                    : Is(value, "passive") ? IceTcpType.Passive
                    : Is(value, "so") ? IceTcpType.SimultaneousOpen
                    : null;
            }
        }

        return true;
    }

    private static ReadOnlySpan<char> WithoutPrefix(ReadOnlySpan<char> line, string prefix) =>
        line.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? line[prefix.Length..] : line;

    private static bool Is(ReadOnlySpan<char> token, string keyword) => token.Equals(keyword, StringComparison.OrdinalIgnoreCase);

    private static bool TryTake(ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> token)
    {
        rest = rest.TrimStart(' ');
        int end = rest.IndexOf(' ');
        token = end < 0 ? rest : rest[..end];
        rest = rest[token.Length..];
        return !token.IsEmpty;
    }

    private static bool TryTakeNumber(ref ReadOnlySpan<char> rest, uint max, out uint number)
    {
        number = 0;
        return TryTake(ref rest, out ReadOnlySpan<char> token)
            && uint.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && number <= max;
    }

    private static bool IsFoundation(ReadOnlySpan<char> token)
    {
        foreach (char c in token)
        {
            if (!IceCredentials.IsIceChar(c))
            {
                return false;
            }
        }

        return token.Length <= MaxFoundationLength;
    }

    // Names reach logs, so nothing but the characters of addresses and host names passes.
    private static bool IsHost(ReadOnlySpan<char> token)
    {
        foreach (char c in token)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or ':' or '-' or '_' or '%'))
            {
                return false;
            }
        }

        return token.Length <= MaxHostLength;
    }
}
