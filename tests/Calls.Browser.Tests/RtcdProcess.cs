using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Calls.Rtcd.Protocol;

namespace Calls.Browser.Tests;

/// <summary><c>calls rtcd</c> as a process of its own, with one registered client connected to it.</summary>
internal sealed class RtcdProcess : IAsyncDisposable
{
    private const string Key = "a key of more than thirty-two bytes";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _folder;
    private readonly ClientWebSocket _socket = new();
    private readonly Dictionary<string, Channel<RtcdMessage>> _bySession = [];
    private readonly SemaphoreSlim _sending = new(1);
    private Task _receiving = Task.CompletedTask;

    private RtcdProcess(Process process, string folder, Uri address) => (_process, _folder, Address) = (process, folder, address);

    public Uri Address { get; }

    public static async Task<RtcdProcess> StartAsync()
    {
        string folder = Directory.CreateTempSubdirectory("calls-rtcd-").FullName;
        var start = new ProcessStartInfo("dotnet", [DemoProcess.Program(), "rtcd"]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        int mediaPort = FreePort();
        foreach ((string name, string value) in new Dictionary<string, string>
        {
            ["RTCD_API_HTTP_LISTENADDRESS"] = "127.0.0.1:0",
            ["RTCD_API_SECURITY_ALLOWSELFREGISTRATION"] = "true",
            ["RTCD_RTC_ICEADDRESSUDP"] = "127.0.0.1",
            ["RTCD_RTC_ICEPORTUDP"] = $"{mediaPort}",
            ["RTCD_RTC_ICEADDRESSTCP"] = "127.0.0.1",
            ["RTCD_RTC_ICEPORTTCP"] = $"{mediaPort}",
            ["RTCD_STORE_DATASOURCE"] = Path.Combine(folder, "db"),
            ["RTCD_LOGGER_ENABLEFILE"] = "false",
        })
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start) ?? throw new InvalidOperationException("dotnet could not be started.");
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Limit);
        Uri? address = null;
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.Contains("api: server is listening on http", StringComparison.Ordinal))
            {
                address = new Uri($"http://127.0.0.1:{new Uri(line[line.LastIndexOf("http", StringComparison.Ordinal)..]).Port}");
            }

            if (line.Contains("rtc: server is listening on udp", StringComparison.Ordinal))
            {
                _ = process.StandardOutput.ReadToEndAsync();
                var rtcd = new RtcdProcess(process, folder, address!);
                await rtcd.ConnectAsync();
                return rtcd;
            }
        }

        throw new InvalidOperationException($"calls rtcd ended before it was ready: {await errors}");
    }

    /// <summary>Joins a session; what rtcd says of it comes through the reader.</summary>
    public async Task<ChannelReader<RtcdMessage>> JoinAsync(string session)
    {
        var messages = Channel.CreateUnbounded<RtcdMessage>();
        lock (_bySession)
        {
            _bySession[session] = messages;
        }

        await SendAsync(new JoinMessage("call1", $"user-{session}", session) { ChannelId = "channel1", Av1Support = false, DcSignaling = false });
        return messages.Reader;
    }

    public async Task SendAsync(RtcdMessage message)
    {
        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(RtcdMessageWriter.ToBytes(message), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _receiving;
        _process.Dispose();
        _socket.Dispose();
        _sending.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        while (true)
        {
            int port = Random.Shared.Next(10_000, 32_000);
            try
            {
                using var tcp = new TcpListener(IPAddress.Loopback, port);
                tcp.Start();
                using var udp = new UdpClient(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken: another one.
            }
        }
    }

    private async Task ConnectAsync()
    {
        using var http = new HttpClient();
        using var request = new StringContent($$"""{"clientID":"browser","authKey":"{{Key}}"}""");
        using HttpResponseMessage registered = await http.PostAsync(new Uri(Address, "/register"), request);
        registered.EnsureSuccessStatusCode();
        _socket.Options.SetRequestHeader("Authorization", $"Basic {Convert.ToBase64String(Encoding.ASCII.GetBytes($"browser:{Key}"))}");
        await _socket.ConnectAsync(new Uri($"ws://{Address.Authority}/ws"), CancellationToken.None);
        _receiving = ReceiveAsync();
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[1 << 20];
        try
        {
            while (_socket.State == WebSocketState.Open)
            {
                int length = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await _socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                    length += part.Count;
                }
                while (!part.EndOfMessage);

                RtcdMessageReader.TryRead(buffer.AsSpan(0, length), out RtcdMessage? message);
                string session = message switch { RtcMessage rtc => rtc.SessionId, VoiceActivityMessage voice => voice.SessionId, CloseMessage close => close.SessionId, _ => "" };
                lock (_bySession)
                {
                    _bySession.GetValueOrDefault(session)?.Writer.TryWrite(message!);
                }
            }
        }
        catch (WebSocketException)
        {
            // The process is gone.
        }
    }
}
