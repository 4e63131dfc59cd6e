using System.Text;
using System.Text.Json;
using Calls.Domain;
using Calls.Domain.HostControl;
using Calls.Domain.Jobs;
using Calls.Domain.Ports;
using Calls.Server.Api;
using Calls.Server.Api.Bot;
using Calls.Server.Configuration;
using Calls.Server.Tests.Signaling;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Calls.Server.Tests.Api;

/// <summary>The REST API of a harness on a loopback port, in front of a catch-all as a gateway has one.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http;

    private ApiHost(CallsHarness calls, WebApplication app)
    {
        (Calls, _app) = (calls, app);
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(app.Urls.First()) };
    }

    public CallsHarness Calls { get; }

    public string Channel => Calls.Channel.Value;

    public static async Task<ApiHost> StartAsync(CallsSettings? settings = null)
    {
        CallsHarness calls = await CallsHarness.StartAsync(settings);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<TimeProvider>(calls.Time);
        builder.Services.AddSingleton(calls.Settings);
        builder.Services.AddSingleton<IChatHost>(calls.Host);
        builder.Services.AddSingleton(calls.Store);
        builder.Services.AddSingleton(calls.Get<ICallHistory>());
        builder.Services.AddSingleton(calls.Get<CallDirectory>());
        builder.Services.AddSingleton(calls.Get<CallDismissal>());
        builder.Services.AddSingleton(calls.Get<HostControls>());
        builder.Services.AddSingleton<IJobService>(calls.Jobs);
        builder.Services.AddSingleton(calls.Get<Recordings>());
        builder.Services.AddSingleton(calls.Get<RecordingPosts>());
        builder.Services.AddSingleton(calls.Get<JobReports>());
        builder.Services.AddSingleton<IBotHost, NoBotHost>();
        builder.Services.AddSingleton<IRequestIdentity, FakeIdentity>();
        builder.Services.AddSingleton<IMattermostSite, FakeMattermostSite>();
        builder.Services.AddSingleton<IAdministrators, FakeAdministrators>();
        builder.Services.AddCallsApi();

        WebApplication app = builder.Build();
        app.MapCallsApi();
        app.Map("{**path}", () => "passed on");
        await app.StartAsync();
        return new ApiHost(calls, app);
    }

    public Task<HttpResponseMessage> GetAsync(string path, string? user) => SendAsync(HttpMethod.Get, path, user);

    public async Task<JsonElement> GetJsonAsync(string path, string user)
    {
        using HttpResponseMessage response = await GetAsync(path, user);
        Assert.Equal(200, (int)response.StatusCode);
        AssertJson(response);
        return await ReadAsync(response);
    }

    public async Task<(int Status, JsonElement Body)> PostAsync(string path, string user, string? body = null)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Post, path, user, body);
        AssertJson(response);
        return ((int)response.StatusCode, await ReadAsync(response));
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? user, string? body = null)
    {
        using HttpRequestMessage request = new(method, "/plugins/com.mattermost.calls" + path);
        if (user is not null)
        {
            request.Headers.Add(FakeIdentity.Header, user);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "text/weird");
        }

        return await _http.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        await Calls.DisposeAsync();
    }

    private static void AssertJson(HttpResponseMessage response) =>
        Assert.Equal("application/json", response.Content.Headers.GetValues("Content-Type").Single());

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response) =>
        JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
}
