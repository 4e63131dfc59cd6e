using System.Net;
using Calls.Server.Mattermost.Relay;

namespace Calls.Server.Mattermost.Proxy;

/// <summary>Who a request comes from, believing forwarding headers of configured proxies only (mattermost-integration.md 9.6).</summary>
internal sealed class PeerAddress(GatewayOptions options)
{
    /// <summary>Address of the client, and the X-Forwarded-For that Mattermost gets: what a proxy said, and the sender itself.</summary>
    public Peer Of(HttpContext context)
    {
        IPAddress sender = Unmap(context.Connection.RemoteIpAddress ?? IPAddress.None);
        string[] forwarded = IsTrusted(sender) ? Split(context.Request.Headers["X-Forwarded-For"].ToString()) : [];

        // From the right, the first hop that is none of the proxies is the client.
        IPAddress client = sender;
        foreach (string hop in forwarded.Reverse())
        {
            if (!IsTrusted(client) || !IPAddress.TryParse(hop, out IPAddress? address))
            {
                break;
            }

            client = Unmap(address);
        }

        return new Peer(client.ToString(), string.Join(", ", [.. forwarded, sender.ToString()]));
    }

    /// <summary><c>http</c> or <c>https</c> as the client sees it.</summary>
    public string SchemeOf(HttpContext context)
    {
        bool isTrusted = IsTrusted(Unmap(context.Connection.RemoteIpAddress ?? IPAddress.None));
        string said = isTrusted ? context.Request.Headers["X-Forwarded-Proto"].ToString() : "";
        return said is "http" or "https" ? said : context.Request.IsHttps ? "https" : "http";
    }

    private static IPAddress Unmap(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static string[] Split(string header) =>
        header.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private bool IsTrusted(IPAddress address) => options.TrustedProxies.Any(network => network.Contains(address));
}
