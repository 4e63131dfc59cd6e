using Calls.Domain;
using Calls.Server.Api;

namespace Calls.Server.Tests.Api;

/// <summary>A site with one team and nobody to look up.</summary>
internal sealed class FakeMattermostSite : IMattermostSite
{
    public string Url => "https://chat.example.org";

    public Task<string?> GetTeamNameAsync(string team, CancellationToken cancellation) => Task.FromResult<string?>("demo");

    public Task<UserId?> FindUserAsync(string username, CancellationToken cancellation) => Task.FromResult<UserId?>(null);

    public Task<ChannelId> GetDirectChannelAsync(UserId user, CancellationToken cancellation) => Task.FromResult(new ChannelId("direct"));

    public Task<string> UploadFileAsync(ChannelId channel, string name, ReadOnlyMemory<byte> content, CancellationToken cancellation) => Task.FromResult("file");

    public Task<PostId> PostAsync(ChannelId channel, string message, IReadOnlyList<string> files, CancellationToken cancellation) => Task.FromResult(new PostId("post"));
}
