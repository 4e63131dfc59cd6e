using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Calls.Server.Commands;
using Calls.Server.Rtcd.Configuration;
using Calls.Server.Tests.Mattermost.Testing;

namespace Calls.Server.Tests.Rtcd.Testing;

/// <summary>rtcd as <c>calls rtcd</c> composes it, on free ports of loopback, with a clock that a test moves.</summary>
internal sealed class RtcdSite : IAsyncDisposable
{
    public const string AdminKey = "the administrator's own secret key";
    public const string KeyA = "key-of-client-A-with-more-than-32-bytes";

    private readonly string _folder = Directory.CreateTempSubdirectory("calls-rtcd-").FullName;
    private readonly List<IAsyncDisposable> _owned = [];
    private readonly HttpClient _http = new() { Timeout = Limits.Test };
    private RtcdHost? _host;

    private RtcdSite()
    {
    }

    public ManualTime Time { get; } = new();

    public RtcdHost Host => _host ?? throw new InvalidOperationException("rtcd is down.");

    public Uri Address => Host.Address;

    /// <param name="configure">From self registration on, no log.</param>
    public static async Task<RtcdSite> StartAsync(Func<RtcdOptions, RtcdOptions>? configure = null)
    {
        var site = new RtcdSite();
        await site.StartHostAsync(configure);
        return site;
    }

    /// <summary>Starts it on the key store that the one before left.</summary>
    public async Task StartHostAsync(Func<RtcdOptions, RtcdOptions>? configure = null)
    {
        var options = new RtcdOptions
        {
            ListenAddress = "127.0.0.1:0",
            AllowSelfRegistration = true,
            StoreDataSource = Path.Combine(_folder, "db"),
            EnableConsole = false,
            EnableFile = false,
        };
        _host = await RtcdHost.StartAsync(
            configure?.Invoke(options) ?? options,
            [],
            CancellationToken.None,
            Time,
            static media => media with { ListenAddresses = [IPAddress.Loopback], UdpPort = 0, TcpPort = null, Loops = 1 });
    }

    public async Task StopHostAsync()
    {
        RtcdHost stopped = Host;
        _host = null;
        await stopped.DisposeAsync();
    }

    public async Task RegisterAsync(string clientId, string key = KeyA)
    {
        (HttpStatusCode status, JsonObject answer) = await PostAsync("/register", $$"""{"clientID":"{{clientId}}","authKey":"{{key}}"}""");
        Assert.True(status == HttpStatusCode.Created, answer.ToJsonString());
    }

    public async Task<(HttpStatusCode Status, JsonObject Answer)> PostAsync(string path, string json, string? authorization = null)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Post, path, authorization, json);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject());
    }

    public async Task<(HttpStatusCode Status, string Text)> GetAsync(string path, string? authorization = null)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, path, authorization, null);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? authorization, string? json)
    {
        using var request = new HttpRequestMessage(method, new Uri(Address, path));
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        request.Content = json is null ? null : new StringContent(json, MediaTypeHeaderValue.Parse("text/plain"));
        return await _http.SendAsync(request);
    }

    /// <summary>A greeted connection of a registered client.</summary>
    public async Task<RtcdSocket> ConnectAsync(string clientId = "clientA", string key = KeyA)
    {
        var socket = await RtcdSocket.OpenAsync(Address, Basic(clientId, key));
        _owned.Add(socket);
        return socket;
    }

    public T Own<T>(T owned)
        where T : IAsyncDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    public static string Basic(string user, string key) => $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{key}"))}";

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable owned in Enumerable.Reverse(_owned))
        {
            await owned.DisposeAsync();
        }

        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
