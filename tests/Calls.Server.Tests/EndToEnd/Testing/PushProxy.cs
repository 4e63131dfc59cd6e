using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Calls.Server.Tests.EndToEnd.Testing;

/// <summary>A push proxy that keeps what it gets.</summary>
internal sealed class PushProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<Received> _received = Channel.CreateUnbounded<Received>();

    private PushProxy(WebApplication app) => _app = app;

    public sealed record Received(string Path, string Body, IReadOnlyDictionary<string, string> Headers)
    {
        public JsonElement Json => JsonDocument.Parse(Body).RootElement;
    }

    public Uri Url => new(_app.Urls.First());

    public int Count => _received.Reader.Count;

    public static async Task<PushProxy> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        WebApplication app = builder.Build();
        var proxy = new PushProxy(app);
        app.Run(async context =>
        {
            string body = await new StreamReader(context.Request.Body).ReadToEndAsync();
            proxy._received.Writer.TryWrite(new(
                context.Request.Path, body, context.Request.Headers.ToDictionary(static h => h.Key, static h => h.Value.ToString())));
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("""{"status":"REMOVE"}""");
        });
        await app.StartAsync();
        return proxy;
    }

    public async Task<Received> NextAsync() => await _received.Reader.ReadAsync().AsTask().WaitAsync(Mattermost.Testing.Limits.Test);

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
