using Calls.Domain.Ports;
using Calls.Server.Configuration;
using Calls.Server.Jobs;

namespace Calls.Server.Tests.Jobs;

/// <summary>The client of the job service against answers that no sane service gives.</summary>
public sealed class OffloaderClientTests
{
    private static readonly OffloaderJob Job = new("recording", "image", TimeSpan.FromMinutes(1), new Dictionary<string, object> { ["auth_token"] = "secret" });

    [Fact]
    public async Task Whatever_comes_back_is_an_id_or_a_refusal()
    {
        const int Seed = 4711;
        var random = new Random(Seed);
        byte[] valid = """{"id":"c0ffee123456","error":"no","start_at":1,"input_data":{"auth_token":"secret"}}"""u8.ToArray();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] body = valid[..random.Next(valid.Length + 1)];
            for (int flips = random.Next(4); flips > 0 && body.Length > 0; flips--)
            {
                body[random.Next(body.Length)] = (byte)random.Next(256);
            }

            using var http = new HttpMessageInvoker(new FixedAnswer(random.Next(200, 600), new ByteArrayContent(body)));
            try
            {
                Assert.NotEmpty(await Client(http).CreateJobAsync(Job, default));
            }
            catch (OffloaderException refused)
            {
                Assert.True(!refused.Message.Contains("secret", StringComparison.Ordinal), $"seed {Seed}, round {i}");
            }
        }
    }

    [Fact]
    public async Task An_answer_without_end_is_given_up()
    {
        using var http = new HttpMessageInvoker(new FixedAnswer(200, new StreamContent(new EndlessStream())));

        OffloaderException refused = await Assert.ThrowsAsync<OffloaderException>(() => Client(http).CreateJobAsync(Job, default));

        Assert.Equal("request failed: the answer is too long", refused.Message);
    }

    [Fact]
    public async Task No_answer_in_two_minutes_is_none()
    {
        var time = new ManualTime();
        using var http = new HttpMessageInvoker(new NoAnswer());
        Task<string> asked = new OffloaderClient(http, new ServiceCredentials("http://offloader", "us", "key"), time).GetVersionAsync(default);

        time.Advance(TimeSpan.FromMinutes(2) - TimeSpan.FromMilliseconds(1));
        Assert.False(asked.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));

        OffloaderException refused = await Assert.ThrowsAsync<OffloaderException>(() => asked);
        Assert.Equal("request failed: no answer in time", refused.Message);
    }

    [Theory]
    [InlineData("http://offloader:4545", "http://offloader:4545", "", "")]
    [InlineData("https://offloader:4545/", "https://offloader:4545", "", "")]
    [InlineData("https://us:k%40ey@offloader/jobs/", "https://offloader/jobs", "us", "k@ey")]
    public void An_address_may_hold_credentials(string text, string url, string user, string password)
    {
        Assert.Equal(new OffloaderAccess(url, user, password), OffloaderAccess.Parse(text));
        Assert.DoesNotContain("ey", OffloaderAccess.Parse(text)!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_that_can_be_logged_shows_a_secret()
    {
        Assert.DoesNotContain("secret", Job.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", new JobServiceOptions { AuthKey = "secret", BotToken = "secret" }.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v0.9.0", null)]
    [InlineData("0.10.0", null)]
    [InlineData("v1.0.0", null)]
    [InlineData("dev", null)]
    [InlineData("v0.8.99", "minimum version check failed: current version (v0.8.99) is lower than minimum supported version (v0.9.0)")]
    [InlineData("v0.9", "minimum version check failed: v0.9 is not a version")]
    [InlineData("99999999999.0.0", "minimum version check failed: 99999999999.0.0 is not a version")]
    public void Versions_are_compared_as_numbers(string current, string? problem) =>
        Assert.Equal(problem, ServiceVersion.Check(current, "v0.9.0"));

    private static OffloaderClient Client(HttpMessageInvoker http) =>
        new(http, new ServiceCredentials("http://offloader", "us", "key"), TimeProvider.System);

    private sealed class FixedAnswer(int status, HttpContent content) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage((System.Net.HttpStatusCode)status) { Content = content });
    }

    private sealed class NoAnswer : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException();
        }
    }

    private sealed class EndlessStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(buffer.Length);
    }
}
