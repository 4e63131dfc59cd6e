using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace Calls.Server.Mattermost.Relay;

/// <summary>Opens WebSockets to Mattermost. Unlike ClientWebSocket it hands out the answer when that is no upgrade.</summary>
internal sealed class UpstreamDialer(HttpMessageInvoker http, GatewayOptions options, TimeProvider time)
{
    // RFC 6455, section 1.3.
    private const string AcceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>Dials with HTTP/1.1, without extensions and subprotocols.</summary>
    /// <returns>A socket, or Mattermost's answer to relay, which the caller disposes; neither when it cannot be reached.</returns>
    public async Task<(FrameSocket? Socket, HttpResponseMessage? Refusal)> DialAsync(UpstreamDial dial, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(options.Timings.ConnectTimeout + options.Timings.ResponseTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        HttpResponseMessage? response = null;
        try
        {
            using HttpRequestMessage request = Build(dial, key);
            response = await http.SendAsync(request, both.Token);
            if (response.StatusCode != HttpStatusCode.SwitchingProtocols)
            {
                return (null, response);
            }

            if (!response.Headers.TryGetValues("Sec-WebSocket-Accept", out IEnumerable<string>? accepts) || accepts.First() != AcceptOf(key))
            {
                response.Dispose();
                return (null, null);
            }

            Stream stream = await response.Content.ReadAsStreamAsync(both.Token);
            var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions
            {
                IsServer = false,
                KeepAliveInterval = options.Timings.KeepAliveInterval,
                KeepAliveTimeout = options.Timings.KeepAliveTimeout,
            });
            return (new FrameSocket(socket, CallsProtocol.MaxUpstreamFrameBytes), null);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            response?.Dispose();
            return (null, null);
        }
    }

    private HttpRequestMessage Build(UpstreamDial dial, string key)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, options.MattermostAddress(dial.PathAndQuery))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Host = dial.Host;
        foreach ((string name, string value) in dial.Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        request.Headers.TryAddWithoutValidation("Upgrade", "websocket");
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", key);
        return request;
    }

    // SHA-1 is what the protocol prescribes; nothing rests on its strength.
    private static string AcceptOf(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + AcceptSuffix)));
}
