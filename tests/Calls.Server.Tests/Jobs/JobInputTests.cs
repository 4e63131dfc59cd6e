using Calls.Domain;
using Calls.Domain.Jobs;
using Calls.Domain.Ports;
using Calls.Server.Configuration;
using Calls.Server.Jobs;

namespace Calls.Server.Tests.Jobs;

/// <summary>What a worker would refuse is refused before one is started.</summary>
public sealed class JobInputTests
{
    private const string Site = "https://chat.example.org";

    private static readonly JobServiceOptions Options = new() { BotToken = Id("token") };

    private static readonly JobOrder Order = new(
        JobKind.Recording, new JobId(Id("job")), new ChannelId(Id("channel")), new PostId(Id("post")), WithCaptions: false);

    [Theory]
    [InlineData("https://chat.example.org:8443", true)]
    [InlineData("http://10.0.0.1", true)]
    [InlineData("https://chat.example.org:443", true)]
    [InlineData("https://chat.example.org/", false)]
    [InlineData("https://chat.example.org/chat", false)]
    [InlineData("https://chat.example.org?x=1", false)]
    [InlineData("https://chat.example.org#x", false)]
    [InlineData("chat.example.org", false)]
    [InlineData("ftp://chat.example.org", false)]
    [InlineData("", false)]
    public void A_site_is_reached_by_http_and_has_no_path(string siteUrl, bool isValid)
    {
        Assert.Equal(isValid, Problem(() => JobInput.ForRecorder(Order, new CallsSettings(), Options, siteUrl)) is null);
        Assert.Equal(isValid, Problem(() => JobInput.ForTranscriber(Order, new CallsSettings(), Options, siteUrl)) is null);
    }

    [Fact]
    public void A_call_without_a_post_cannot_be_recorded()
    {
        string? problem = Problem(() => JobInput.ForRecorder(Order with { Post = null }, new CallsSettings(), Options, Site));

        Assert.Equal("recorder config is not valid: PostID parsing failed", problem);
    }

    [Fact]
    public void A_token_that_is_none_is_refused_and_not_shown()
    {
        string? problem = Problem(() => JobInput.ForTranscriber(Order, new CallsSettings(), new JobServiceOptions { BotToken = "Secret!" }, Site));

        Assert.Equal("transcriber config is not valid: AuthToken parsing failed", problem);
    }

    [Theory]
    [InlineData("width", "1279")]
    [InlineData("width", "3841")]
    [InlineData("height", "719")]
    [InlineData("height", "2161")]
    [InlineData("video_rate", "499")]
    [InlineData("video_rate", "10001")]
    [InlineData("audio_rate", "31")]
    [InlineData("audio_rate", "321")]
    [InlineData("frame_rate", "9")]
    [InlineData("frame_rate", "61")]
    [InlineData("frame_rate", "many")]
    public void Sizes_and_rates_from_the_environment_are_checked(string name, string value)
    {
        JobServiceOptions options = Options with { RecorderExtras = new Dictionary<string, string> { [name] = value } };

        string? problem = Problem(() => JobInput.ForRecorder(Order, new CallsSettings(), options, Site));

        Assert.StartsWith($"recorder config is not valid: {name} value is not valid", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("width", "3840")]
    [InlineData("frame_rate", "10")]
    [InlineData("audio_rate", "320")]
    public void Sizes_and_rates_at_the_limit_are_taken(string name, string value)
    {
        JobServiceOptions options = Options with { RecorderExtras = new Dictionary<string, string> { [name] = value } };

        Assert.Equal(value, JobInput.ForRecorder(Order, new CallsSettings(), options, Site)[name]);
    }

    private static string? Problem(Func<object> make)
    {
        try
        {
            make();
            return null;
        }
        catch (JobServiceException refused)
        {
            return refused.Message;
        }
    }

    private static string Id(string name) => name.PadRight(26, 'x');
}
