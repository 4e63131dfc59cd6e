using System.Security.Cryptography;
using System.Text;

namespace Calls.Server.Rtcd.WebSockets;

/// <summary>The server's side of the opening handshake (RFC 6455, section 4.2).</summary>
internal static class Handshake
{
    private const string Guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>Whether the request asks for a WebSocket of the one version there is.</summary>
    public static bool IsRequested(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        && Lists(request.Headers.Connection, "upgrade")
        && Lists(request.Headers.Upgrade, "websocket")
        && request.Headers.SecWebSocketVersion == "13"
        && IsKey(request.Headers.SecWebSocketKey);

    /// <summary>A browser's page of another host is refused; programs send no Origin (rtcd.md 4.1).</summary>
    public static bool IsForeign(HttpRequest request) =>
        request.Headers.Origin is [{ Length: > 0 } origin, ..]
        && !(Uri.TryCreate(origin, UriKind.Absolute, out Uri? page) && string.Equals(page.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));

    /// <summary>The value of <c>Sec-WebSocket-Accept</c>.</summary>
    public static string Accept(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Guid)));

    private static bool Lists(string? header, string token) =>
        header?.Split(',', StringSplitOptions.TrimEntries).Contains(token, StringComparer.OrdinalIgnoreCase) == true;

    private static bool IsKey(string? key)
    {
        Span<byte> decoded = stackalloc byte[24];
        return key is { Length: 24 } && Convert.TryFromBase64String(key, decoded, out int length) && length == 16;
    }
}
