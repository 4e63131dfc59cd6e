using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Calls.StandIn.Tests.Kit;

/// <summary>An HTTP server that records what it is sent and answers as told.</summary>
internal sealed class Listener : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly System.Threading.Channels.Channel<Received> _received = System.Threading.Channels.Channel.CreateUnbounded<Received>();

    private Listener(WebApplication app) => _app = app;

    public sealed record Received(string Method, string Path, string Query, Dictionary<string, string> Headers, string Body);

    public Uri Url { get; private set; } = null!;

    public int Status { get; set; } = 200;

    public string Answer { get; set; } = "{}";

    public static async Task<Listener> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        WebApplication app = builder.Build();
        var listener = new Listener(app);
        app.Run(listener.HandleAsync);
        await app.StartAsync();
        listener.Url = new Uri(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());
        return listener;
    }

    /// <summary>The next request that arrived.</summary>
    public async Task<Received> NextAsync()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        return await _received.Reader.ReadAsync(timeout.Token);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task HandleAsync(HttpContext http)
    {
        string body = await new StreamReader(http.Request.Body).ReadToEndAsync();
        _received.Writer.TryWrite(new Received(
            http.Request.Method,
            http.Request.Path,
            http.Request.QueryString.ToString(),
            http.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()),
            body));
        http.Response.StatusCode = Status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(Answer);
    }
}
