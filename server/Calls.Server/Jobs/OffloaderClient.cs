using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Calls.Domain.Ports;

namespace Calls.Server.Jobs;

/// <summary>The job service (calls-offloader) over HTTP (storage-and-jobs.md 7). Thread-safe.</summary>
/// <remarks>An unknown client is registered by its first request, if the service allows it: nothing is registered beforehand.</remarks>
internal sealed class OffloaderClient(HttpMessageInvoker http, ServiceCredentials credentials, TimeProvider time)
{
    private const int MaxAnswerBytes = 1 << 20;

    // Fetching an image may take that long.
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(2);

    private readonly AuthenticationHeaderValue _authorization = new(
        "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.ClientId}:{credentials.AuthKey}")));

    /// <returns>The service's version; empty if it does not say.</returns>
    /// <exception cref="OffloaderException"/>
    public async Task<string> GetVersionAsync(CancellationToken cancellation)
    {
        JsonElement answer = await SendAsync(HttpMethod.Get, "/version", null, cancellation);
        return Text(answer, "buildVersion");
    }

    /// <summary>Has the service fetch the images that will be asked for.</summary>
    /// <exception cref="OffloaderException"/>
    public Task InitAsync(IReadOnlyList<string> runners, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/jobs/init", new Dictionary<string, object> { ["Runners"] = runners }, cancellation);

    /// <returns>The service's id of the job.</returns>
    /// <exception cref="OffloaderException"/>
    public async Task<string> CreateJobAsync(OffloaderJob job, CancellationToken cancellation)
    {
        JsonElement answer = await SendAsync(HttpMethod.Post, "/jobs", job.ToBody(), cancellation);
        return Text(answer, "id") is { Length: > 0 } id ? id : throw new OffloaderException("request failed: the job has no id");
    }

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(AnswerLimit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            using var request = new HttpRequestMessage(method, credentials.Url + path);
            request.Headers.Authorization = _authorization;
            if (body is not null)
            {
                request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body));
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            }

            using HttpResponseMessage response = await http.SendAsync(request, both.Token);
            JsonElement answer = await ReadAsync(response, both.Token);
            return response.IsSuccessStatusCode ? answer : throw Refusal(response.StatusCode, answer);
        }
        catch (HttpRequestException failure)
        {
            throw new OffloaderException($"request failed: {failure.Message}", failure);
        }
        catch (IOException failure)
        {
            throw new OffloaderException("request failed: the answer broke off", failure);
        }
        catch (OperationCanceledException failure) when (!cancellation.IsCancellationRequested)
        {
            throw new OffloaderException("request failed: no answer in time", failure);
        }
    }

    private static OffloaderException Refusal(HttpStatusCode status, JsonElement answer) => new(
        status == HttpStatusCode.Unauthorized
            ? "unauthorized"
            : $"request failed: {(Text(answer, "error") is { Length: > 0 } error ? error : $"unexpected status {(int)status}")}");

    // The answer to a job repeats its input, the bot's token included: it goes nowhere but here.
    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await using Stream stream = await response.Content.ReadAsStreamAsync(cancellation);
        byte[] buffer = new byte[16 * 1024];
        int length = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer.AsMemory(length), cancellation)) > 0)
        {
            length += read;
            if (length > MaxAnswerBytes)
            {
                throw new OffloaderException("request failed: the answer is too long");
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }

        try
        {
            using var document = JsonDocument.Parse(buffer.AsMemory(0, length));
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // Some answers are empty.
            return default;
        }
    }

    private static string Text(JsonElement answer, string name)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty(name, out JsonElement value) || value.ValueKind != JsonValueKind.String)
        {
            return "";
        }

        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Text that is no UTF-8 passes as JSON until it is looked at.
            return "";
        }
    }
}
