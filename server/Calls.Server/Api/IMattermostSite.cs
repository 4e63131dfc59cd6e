using Calls.Domain;
using Calls.Domain.Ports;

namespace Calls.Server.Api;

/// <summary>What the REST API and the slash command need of Mattermost beyond <see cref="IChatHost"/>. Implemented by the front end.</summary>
/// <remarks>Every method throws <see cref="ChatHostException"/> when Mattermost refuses or cannot be reached.</remarks>
public interface IMattermostSite
{
    /// <summary>Public address without a slash at the end; empty if it is not known.</summary>
    string Url { get; }

    /// <summary>A team's name as it stands in links; <c>null</c> if there is no such team.</summary>
    Task<string?> GetTeamNameAsync(string team, CancellationToken cancellation);

    Task<UserId?> FindUserAsync(string username, CancellationToken cancellation);

    /// <summary>The direct channel between a user and the bot.</summary>
    Task<ChannelId> GetDirectChannelAsync(UserId user, CancellationToken cancellation);

    /// <summary>Stores a file for a post of the bot in a channel; returns its id.</summary>
    Task<string> UploadFileAsync(ChannelId channel, string name, ReadOnlyMemory<byte> content, CancellationToken cancellation);

    /// <summary>Posts as the bot.</summary>
    Task<PostId> PostAsync(ChannelId channel, string message, IReadOnlyList<string> files, CancellationToken cancellation);
}
