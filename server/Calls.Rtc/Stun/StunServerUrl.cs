using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Calls.Rtc.Stun;

/// <summary>A <c>stun:</c> URL (RFC 7064): host, and port 3478 unless it says otherwise.</summary>
public sealed record StunServerUrl(string Host, int Port)
{
    public const int DefaultPort = 3478;

    private const string Scheme = "stun:";

    /// <summary><c>false</c>: another scheme, no host, or no port where one is announced. A query is ignored.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out StunServerUrl? url)
    {
        url = null;
        if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        string authority = text[Scheme.Length..].Split('?')[0];
        int hostEnd = authority.StartsWith('[') ? authority.IndexOf(']') + 1 : authority.IndexOf(':');
        string host = hostEnd < 0 ? authority : authority[..hostEnd];
        string rest = authority[host.Length..];
        int port = DefaultPort;
        bool isValid = host.Trim('[', ']').Length > 0
            && (rest.Length == 0
                || (rest[0] == ':'
                    && int.TryParse(rest[1..], NumberStyles.None, CultureInfo.InvariantCulture, out port)
                    && port is > 0 and <= ushort.MaxValue));
        url = isValid ? new(host.Trim('[', ']'), port) : null;
        return isValid;
    }
}
