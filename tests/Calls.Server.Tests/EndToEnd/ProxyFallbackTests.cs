using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using Calls.Server.Tests.Commands;
using Calls.Server.Tests.EndToEnd.Testing;
using Calls.Server.Tests.Mattermost.Testing;

namespace Calls.Server.Tests.EndToEnd;

/// <summary>The nginx rules of the documentation, in a real nginx (mattermost-integration.md 3.11, 6.2).</summary>
public sealed class ProxyFallbackTests : IDisposable
{
    private const string Nginx = "/usr/sbin/nginx";

    private readonly string _folder = Directory.CreateTempSubdirectory("calls-nginx-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [NginxFact]
    [Trait("Spec", "integration-44")]
    public async Task While_the_service_is_down_the_proxy_sends_sockets_to_Mattermost_without_their_numbers()
    {
        await using ScriptedMattermost mattermost = await ScriptedMattermost.StartAsync();
        int port = CallsProcess.FreeMediaPort();
        await File.WriteAllTextAsync(Path.Combine(_folder, "nginx.conf"), $$"""
            daemon off;
            worker_processes 1;
            pid {{_folder}}/nginx.pid;
            error_log stderr;
            events { worker_connections 64; }
            http {
                access_log off;
                client_body_temp_path {{_folder}}; proxy_temp_path {{_folder}}; fastcgi_temp_path {{_folder}}; uwsgi_temp_path {{_folder}}; scgi_temp_path {{_folder}};
                upstream mattermost { server {{mattermost.Url.Authority}}; }
                upstream calls { server 127.0.0.1:9; }
                server {
                    listen 127.0.0.1:{{port.ToString(CultureInfo.InvariantCulture)}};
                    {{Documented()}}
                }
            }
            """);
        using Process nginx = Process.Start(new ProcessStartInfo(Nginx) { ArgumentList = { "-c", Path.Combine(_folder, "nginx.conf"), "-p", _folder }, RedirectStandardError = true })!;
        try
        {
            using ClientWebSocket client = await DialAsync(new Uri($"ws://127.0.0.1:{port}/api/v4/websocket?connection_id=abcdefghijklmnopqrstuvwxyz&sequence_number=17&posted_ack=true"));
            ScriptedSocket upstream = await mattermost.AcceptAsync();

            Assert.Equal("?connection_id=&sequence_number=0&posted_ack=true", upstream.Query);
        }
        finally
        {
            nginx.Kill();
            await nginx.WaitForExitAsync();
        }
    }

    private static string Documented() => File.ReadAllText(Path.Combine(Offer.Root(), "docs/operating.md")).Split("```nginx")[1].Split("```")[0];

    // nginx is starting: it is dialled until it listens.
    private static async Task<ClientWebSocket> DialAsync(Uri url)
    {
        var elapsed = Stopwatch.StartNew();
        while (true)
        {
            var client = new ClientWebSocket();
            try
            {
                await client.ConnectAsync(url, CancellationToken.None);
                return client;
            }
            catch (WebSocketException) when (elapsed.Elapsed < Limits.Test)
            {
                client.Dispose();
            }
        }
    }

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class NginxFactAttribute : FactAttribute
    {
        public NginxFactAttribute()
        {
            if (!File.Exists(Nginx) && Environment.GetEnvironmentVariable("CI") != "true")
            {
                Skip = "nginx is not installed";
            }
        }
    }
}
