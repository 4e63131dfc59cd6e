using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Calls.Domain.Ports;

namespace Calls.Server.Mattermost.Rest;

/// <summary>Mattermost's REST API v4 with the times, retries and limits of mattermost-integration.md 7.7. Thread-safe.</summary>
internal sealed class MattermostClient(HttpMessageInvoker http, GatewayOptions options, RequestBudget budget, TimeProvider time)
{
    private const int MaxBodyBytes = 32 << 20;
    private const int FailuresToOpen = 10;
    private const string Json = "application/json";
    private const string Unavailable = "Mattermost cannot be reached";

    private static readonly TimeSpan OpenFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromSeconds(10);
    private static readonly ProductInfoHeaderValue Product = new("Calls", typeof(MattermostClient).Assembly.GetName().Version?.ToString(3));

    private readonly string _base = options.MattermostUrl.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/api/v4";
    private int _failures;
    private long _openedAt;

    /// <summary>Reads with the bot's token.</summary>
    public Task<RestAnswer> GetAsync(string path, RestPriority priority, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Get, path, options.BotToken, null, priority, isRepeatable: true, cancellation);

    /// <summary>Sends with the bot's token.</summary>
    /// <param name="isRepeatable">Whether a second copy does no harm.</param>
    public Task<RestAnswer> SendAsync(
        HttpMethod method, string path, object body, RestPriority priority, bool isRepeatable, CancellationToken cancellation) =>
        SendAsync(method, path, options.BotToken, body, priority, isRepeatable, cancellation);

    /// <summary>Sends a request and reads the whole answer.</summary>
    /// <param name="path">Below <c>/api/v4</c>, starting with a slash.</param>
    /// <param name="token">Sent as bearer, so that no CSRF rule applies; <c>null</c> for none.</param>
    /// <returns>A definite answer: 2xx, or 4xx other than 429.</returns>
    /// <exception cref="ChatHostException">There was none; <see cref="ChatHostException.IsUnavailable"/> is set.</exception>
    public async Task<RestAnswer> SendAsync(
        HttpMethod method, string path, string? token, object? body, RestPriority priority, bool isRepeatable, CancellationToken cancellation)
    {
        byte[]? payload = body is null ? null : JsonSerializer.SerializeToUtf8Bytes(body);
        return await SendAsync(method, path, token, payload, Json, priority, isRepeatable, cancellation);
    }

    /// <summary>Sends bytes once, with the bot's token.</summary>
    public Task<RestAnswer> SendBytesAsync(
        HttpMethod method, string path, byte[] body, string contentType, RestPriority priority, CancellationToken cancellation) =>
        SendAsync(method, path, options.BotToken, body, contentType, priority, isRepeatable: false, cancellation);

    private async Task<RestAnswer> SendAsync(
        HttpMethod method,
        string path,
        string? token,
        byte[]? payload,
        string contentType,
        RestPriority priority,
        bool isRepeatable,
        CancellationToken cancellation)
    {
        TimeSpan[] waits = isRepeatable ? [options.Timings.FirstRetry, options.Timings.SecondRetry] : [];
        for (int attempt = 0; ; attempt++)
        {
            ThrowIfOpen();
            (RestAnswer? answer, TimeSpan? retryAfter) = await TryOnceAsync(method, path, token, payload, contentType, priority, cancellation);
            if (answer is { } definite)
            {
                Volatile.Write(ref _failures, 0);
                return definite;
            }

            CountFailure();
            if (attempt >= waits.Length || retryAfter > MaxRetryAfter)
            {
                throw new ChatHostException(Unavailable, isUnavailable: true);
            }

            await Task.Delay(retryAfter ?? waits[attempt], time, cancellation);
        }
    }

    private async Task<(RestAnswer? Answer, TimeSpan? RetryAfter)> TryOnceAsync(
        HttpMethod method, string path, string? token, byte[]? payload, string contentType, RestPriority priority, CancellationToken cancellation)
    {
        if (!await budget.TryEnterAsync(priority))
        {
            return (null, null);
        }

        using var limit = new CancellationTokenSource(options.Timings.ConnectTimeout + options.Timings.ResponseTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            using HttpRequestMessage request = Build(method, path, token, payload, contentType);
            using HttpResponseMessage response = await http.SendAsync(request, both.Token);
            if (response.StatusCode is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError)
            {
                return (null, response.Headers.RetryAfter?.Delta);
            }

            return (new RestAnswer(response.StatusCode, await ReadAsync(response, both.Token)), null);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            // The exception names addresses at most, but nobody needs it: the retry or the refusal says enough.
            cancellation.ThrowIfCancellationRequested();
            return (null, null);
        }
        finally
        {
            budget.Leave();
        }
    }

    private HttpRequestMessage Build(HttpMethod method, string path, string? token, byte[]? payload, string contentType)
    {
        var request = new HttpRequestMessage(method, _base + path);
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        }

        request.Headers.UserAgent.Add(Product);
        if (payload is not null)
        {
            request.Content = new ByteArrayContent(payload);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        }

        return request;
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellation);
        using var whole = new MemoryStream();
        byte[] part = new byte[16 * 1024];
        int read;
        while ((read = await body.ReadAsync(part, cancellation)) > 0)
        {
            if (whole.Length + read > MaxBodyBytes)
            {
                throw new IOException("Mattermost's answer is too long.");
            }

            whole.Write(part, 0, read);
        }

        try
        {
            if (whole.Length == 0)
            {
                return default;
            }

            using var json = JsonDocument.Parse(whole.GetBuffer().AsMemory(0, (int)whole.Length));
            return json.RootElement.Clone();
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private void ThrowIfOpen()
    {
        if (Volatile.Read(ref _failures) >= FailuresToOpen && time.GetElapsedTime(Volatile.Read(ref _openedAt)) < OpenFor)
        {
            throw new ChatHostException(Unavailable, isUnavailable: true);
        }
    }

    private void CountFailure()
    {
        if (Interlocked.Increment(ref _failures) >= FailuresToOpen)
        {
            Volatile.Write(ref _openedAt, time.GetTimestamp());
        }
    }
}
