using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Calls.Server.Tests.Jobs.Testing;

/// <summary>A job service as calls-offloader answers over HTTP (storage-and-jobs.md 7), which runs nothing.</summary>
internal sealed class OffloaderStub : IAsyncDisposable
{
    private const int MinKeyLength = 32;

    private readonly Lock _gate = new();
    private readonly WebApplication _app;
    private readonly Dictionary<string, string> _clients = [];
    private readonly List<OffloaderRequest> _requests = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _jobs;

    private OffloaderStub(WebApplication app) => _app = app;

    public string Url => _app.Urls.First();

    /// <summary>What <c>GET /version</c> says.</summary>
    public string Version { get; set; } = "v0.9.2";

    /// <summary>Whether an unknown client is registered by its first request.</summary>
    public bool AllowsSelfRegistration { get; set; } = true;

    /// <summary>Answers jobs of a type with this status and body.</summary>
    public Dictionary<string, (int Status, string Body)> Answers { get; } = [];

    /// <summary>Keeps jobs of a type waiting.</summary>
    public Dictionary<string, Task> Held { get; } = [];

    /// <summary>Everything that was asked, oldest first.</summary>
    public IReadOnlyList<OffloaderRequest> Requests
    {
        get
        {
            lock (_gate)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>The jobs that were asked for, oldest first.</summary>
    public IReadOnlyList<OffloaderRequest> Jobs => [.. Requests.Where(static request => request.Path == "/jobs")];

    public static async Task<OffloaderStub> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        var stub = new OffloaderStub(app);
        app.Run(stub.AnswerAsync);
        await app.StartAsync();
        return stub;
    }

    /// <summary>Registers a client as an administrator would.</summary>
    public void Register(string client, string key)
    {
        lock (_gate)
        {
            _clients[client] = key;
        }
    }

    /// <summary>Waits until something was asked.</summary>
    public async Task<OffloaderRequest> WhenAskedAsync(Func<OffloaderRequest, bool> wanted)
    {
        using var limit = new CancellationTokenSource(Mattermost.Testing.Limits.Test);
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_requests.Find(request => wanted(request)) is { } found)
                {
                    return found;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(limit.Token);
        }
    }

    public Task<OffloaderRequest> WhenJobAskedAsync(string type) =>
        WhenAskedAsync(request => request.Path == "/jobs" && request.Body.GetProperty("type").GetString() == type);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        string text = await reader.ReadToEndAsync();
        (string client, string key) = Credentials(context.Request);
        string path = context.Request.Path.Value!;
        JsonElement body = text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
        Keep(new OffloaderRequest(context.Request.Method, path, client, key, body));

        if (path == "/version")
        {
            await WriteAsync(context, HttpStatusCode.OK, JsonSerializer.Serialize(new { buildDate = "", buildVersion = Version, buildHash = "", goVersion = "" }));
        }
        else if (!IsKnown(client, key, out string problem))
        {
            await RefuseAsync(context, HttpStatusCode.Unauthorized, problem);
        }
        else if (path == "/jobs/init" && context.Request.Method == "POST")
        {
            await InitAsync(context, body);
        }
        else if (path == "/jobs" && context.Request.Method == "POST")
        {
            await CreateAsync(context, body);
        }
        else
        {
            await RefuseAsync(context, HttpStatusCode.NotFound, "not found");
        }
    }

    private async Task InitAsync(HttpContext context, JsonElement body)
    {
        if (body.GetProperty("Runners").EnumerateArray().Any(static runner => !IsRunner(runner.GetString()!)))
        {
            await RefuseAsync(context, HttpStatusCode.BadRequest, "invalid job service config: invalid Runner value");
            return;
        }

        context.Response.StatusCode = StatusCodes.Status200OK;
    }

    private async Task CreateAsync(HttpContext context, JsonElement body)
    {
        string type = body.GetProperty("type").GetString()!;
        if (Held.TryGetValue(type, out Task? held))
        {
            await held;
        }

        if (Answers.TryGetValue(type, out (int Status, string Body) answer))
        {
            await WriteAsync(context, (HttpStatusCode)answer.Status, answer.Body);
            return;
        }

        if (type is not ("recording" or "transcribing"))
        {
            await RefuseAsync(context, HttpStatusCode.BadRequest, $"invalid Type value: {type}");
        }
        else if (!IsRunner(body.GetProperty("runner").GetString()!))
        {
            await RefuseAsync(context, HttpStatusCode.BadRequest, "invalid Runner value: failed to validate runner");
        }
        else if (body.GetProperty("max_duration_sec").GetInt64() <= 0)
        {
            await RefuseAsync(context, HttpStatusCode.BadRequest, "invalid MaxDurationSec value: should be positive");
        }
        else
        {
            string id = $"c0ffee{Interlocked.Increment(ref _jobs):D6}";
            await WriteAsync(context, HttpStatusCode.OK, JsonSerializer.Serialize(new { id, start_at = 1, input_data = body.GetProperty("input_data") }));
        }
    }

    private bool IsKnown(string client, string key, out string problem)
    {
        lock (_gate)
        {
            problem = "authentication failed";
            if (client.Length == 0)
            {
                problem = "authentication failed: invalid auth header";
                return false;
            }

            if (_clients.TryGetValue(client, out string? known))
            {
                return known == key;
            }

            if (!AllowsSelfRegistration)
            {
                return false;
            }

            problem = "registration failed: key not long enough";
            return key.Length >= MinKeyLength && _clients.TryAdd(client, key);
        }
    }

    private void Keep(OffloaderRequest request)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _requests.Add(request);
            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.SetResult();
    }

    private static bool IsRunner(string image) =>
        System.Text.RegularExpressions.Regex.IsMatch(image, @"^[a-z0-9.:/-]+/calls-(recorder|transcriber):v\d+\.\d+\.\d+(-dev\d+)?$");

    private static (string Client, string Key) Credentials(HttpRequest request)
    {
        string header = request.Headers.Authorization.ToString();
        if (!header.StartsWith("Basic ", StringComparison.Ordinal))
        {
            return ("", "");
        }

        string[] parts = Encoding.UTF8.GetString(Convert.FromBase64String(header["Basic ".Length..])).Split(':', 2);
        return (parts[0], parts[1]);
    }

    private static Task RefuseAsync(HttpContext context, HttpStatusCode status, string error) =>
        WriteAsync(context, status, JsonSerializer.Serialize(new { error, code = $"{(int)status}" }));

    // The real one names no type of content.
    private static Task WriteAsync(HttpContext context, HttpStatusCode status, string body)
    {
        context.Response.StatusCode = (int)status;
        return context.Response.WriteAsync(body);
    }
}
