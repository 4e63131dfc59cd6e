using System.Net.Sockets;
using System.Text;
using Calls.Server.Api;
using Calls.Server.Configuration;
using Calls.Server.Mattermost;

namespace Calls.Server.Commands.Doctor;

/// <summary>Whether the STUN and TURN servers that clients are given answer, and take the credentials that are made for them.</summary>
internal sealed class IceServerChecks(TimeProvider time)
{
    private const int DefaultPort = 3478;
    private const int DefaultTlsPort = 5349;
    private const int Attempts = 3;

    // UDP as the transport of the relayed address (RFC 8656, section 18.8).
    private static readonly byte[] Udp = [17, 0, 0, 0];
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(1);

    public async Task<IReadOnlyList<CheckLine>> RunAsync(CallsSettings settings, CancellationToken cancellation)
    {
        var lines = new List<CheckLine>();
        TurnCredentials? made = TurnCredentials.TryCreate(
            "calls-doctor", settings.TURNStaticAuthSecret, TimeSpan.FromMinutes(settings.TURNCredentialsExpirationMinutes), time.GetUtcNow(), out _);
        foreach (IceServer server in settings.ICEServersConfigs)
        {
            TurnCredentials? credentials = server.NeedsCredentials ? made : new TurnCredentials(server.Username, server.Credential);
            foreach (string url in server.Urls)
            {
                lines.Add(await CheckAsync(url, credentials, cancellation));
            }
        }

        if (lines.Count == 0)
        {
            lines.Add(CheckLine.Warn("ICE servers", "none are set; clients behind strict firewalls need a TURN server"));
        }

        return lines;
    }

    private async Task<CheckLine> CheckAsync(string url, TurnCredentials? credentials, CancellationToken cancellation)
    {
        (string scheme, string host, int port, bool isUdp) = Parse(url);
        try
        {
            if (!isUdp || scheme is "stuns" or "turns")
            {
                using var tcp = new TcpClient();
                await tcp.ConnectAsync(host, port, cancellation).AsTask().WaitAsync(AnswerLimit * Attempts, time, cancellation);
                return CheckLine.Pass(url, "takes connections");
            }

            using var udp = new UdpClient(host, port);
            return scheme == "stun" ? await CheckStunAsync(url, udp, cancellation) : await CheckTurnAsync(url, udp, credentials, cancellation);
        }
        catch (Exception failure) when (failure is SocketException or TimeoutException)
        {
            return CheckLine.Fail(url, $"does not answer ({(failure is SocketException ? failure.Message : "timeout")}); correct ICEServersConfigs or open the firewall");
        }
    }

    private async Task<CheckLine> CheckStunAsync(string url, UdpClient udp, CancellationToken cancellation)
    {
        byte[] request = StunMessages.Write(StunMessages.Binding, key: null);
        (ushort type, _) = await AskAsync(udp, request, cancellation);
        return type == (StunMessages.Binding | StunMessages.Success)
            ? CheckLine.Pass(url, "answers")
            : CheckLine.Fail(url, "refuses a Binding request; it may be no STUN server");
    }

    private async Task<CheckLine> CheckTurnAsync(string url, UdpClient udp, TurnCredentials? credentials, CancellationToken cancellation)
    {
        if (credentials is null)
        {
            return CheckLine.Fail(url, "needs credentials: set TURNStaticAuthSecret, or give it a username and a credential");
        }

        (ushort, byte[]) transport = (StunMessages.RequestedTransport, Udp);
        (_, Dictionary<ushort, byte[]> asked) = await AskAsync(udp, StunMessages.Write(StunMessages.Allocate, null, transport), cancellation);
        if (!asked.TryGetValue(StunMessages.Realm, out byte[]? realm) || !asked.TryGetValue(StunMessages.Nonce, out byte[]? nonce))
        {
            return CheckLine.Fail(url, "does not ask for credentials; it may be no TURN server");
        }

        byte[] key = StunMessages.KeyOf(credentials.Username, Encoding.UTF8.GetString(realm), credentials.Credential);
        (ushort, byte[])[] who = [(StunMessages.Username, Encoding.UTF8.GetBytes(credentials.Username)), (StunMessages.Realm, realm), (StunMessages.Nonce, nonce)];
        (ushort type, Dictionary<ushort, byte[]> answer) = await AskAsync(udp, StunMessages.Write(StunMessages.Allocate, key, [transport, .. who]), cancellation);
        if (type != (StunMessages.Allocate | StunMessages.Success))
        {
            string reason = answer.TryGetValue(StunMessages.ErrorCode, out byte[]? code) && code.Length >= 4 ? $"error {((code[2] & 7) * 100) + code[3]}" : "an error";
            return CheckLine.Fail(url, $"refuses the credentials with {reason}; TURNStaticAuthSecret must be the static-auth-secret of that server, and the clocks must agree");
        }

        // The relay is given back at once.
        await AskAsync(udp, StunMessages.Write(StunMessages.Refresh, key, [(StunMessages.Lifetime, new byte[4]), .. who]), cancellation);
        return CheckLine.Pass(url, "relays with the credentials that clients get");
    }

    private async Task<(ushort Type, Dictionary<ushort, byte[]> Attributes)> AskAsync(UdpClient udp, byte[] request, CancellationToken cancellation)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            await udp.SendAsync(request, cancellation);
            using var limit = new CancellationTokenSource(AnswerLimit, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
            try
            {
                while (true)
                {
                    UdpReceiveResult received = await udp.ReceiveAsync(both.Token);
                    if (StunMessages.TryRead(received.Buffer, request, out ushort type, out Dictionary<ushort, byte[]> attributes))
                    {
                        return (type, attributes);
                    }
                }
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // Lost, or not answered: once more.
            }
        }

        throw new TimeoutException();
    }

    private static (string Scheme, string Host, int Port, bool IsUdp) Parse(string url)
    {
        string scheme = url[..url.IndexOf(':', StringComparison.Ordinal)].ToLowerInvariant();
        string rest = url[(scheme.Length + 1)..];
        bool isUdp = !rest.Contains("transport=tcp", StringComparison.OrdinalIgnoreCase);
        string authority = rest.Split('?')[0];
        int fallback = scheme is "stuns" or "turns" ? DefaultTlsPort : DefaultPort;
        return Uri.TryCreate($"stun://{authority}", UriKind.Absolute, out Uri? parsed)
            ? (scheme, parsed.DnsSafeHost, parsed.Port > 0 ? parsed.Port : fallback, isUdp)
            : (scheme, authority, fallback, isUdp);
    }
}
