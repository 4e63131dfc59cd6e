using System.Text;
using System.Text.Unicode;

namespace Calls.Server.Rtcd.Authentication;

/// <summary>The Basic scheme of HTTP (RFC 7617).</summary>
internal static class BasicCredentials
{
    private const string Scheme = "Basic ";

    public static bool TryParse(string? header, out string user, out string password)
    {
        user = password = "";
        if (header is null || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        byte[] decoded = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[Scheme.Length..], decoded, out int length) || !Utf8.IsValid(decoded.AsSpan(0, length)))
        {
            return false;
        }

        string text = Encoding.UTF8.GetString(decoded, 0, length);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return false;
        }

        (user, password) = (text[..colon], text[(colon + 1)..]);
        return true;
    }
}
