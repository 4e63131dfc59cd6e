using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Calls.StandIn.Tests.Kit;

/// <summary>REST with one token (or none).</summary>
internal sealed class ApiClient(Uri url, string? token) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseCookies = false });

    public string? Token { get; } = token;

    public Task<ApiAnswer> GetAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, ""), path, null);

    public Task<ApiAnswer> DeleteAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Delete, ""), path, null);

    public Task<ApiAnswer> PostAsync(string path, object? body = null) => SendAsync(new HttpRequestMessage(HttpMethod.Post, ""), path, body);

    public Task<ApiAnswer> PutAsync(string path, object? body = null) => SendAsync(new HttpRequestMessage(HttpMethod.Put, ""), path, body);

    /// <summary>Sends any request; the path is below <c>/api/v4</c> unless it starts with <c>raw:</c>.</summary>
    public async Task<ApiAnswer> SendAsync(HttpRequestMessage message, string path, object? body)
    {
        message.RequestUri = new Uri(url, path.StartsWith("raw:", StringComparison.Ordinal) ? path[4..] : "/api/v4" + path);
        if (Token is not null && message.Headers.Authorization is null && !message.Headers.Contains("Cookie"))
        {
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        }

        message.Content ??= body switch
        {
            null => null,
            string text => new StringContent(text, Encoding.UTF8, "application/json"),
            byte[] bytes => new ByteArrayContent(bytes),
            _ => new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"),
        };
        using HttpResponseMessage answer = await _client.SendAsync(message);
        return new ApiAnswer(answer.StatusCode, answer.Headers, answer.Content.Headers.ContentType?.MediaType, await answer.Content.ReadAsByteArrayAsync());
    }

    public void Dispose() => _client.Dispose();
}
