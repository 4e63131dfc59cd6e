using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Ports;

namespace Calls.Server.Api.Bot;

/// <summary>Mattermost as recorder and transcriber need it, in its own words: objects are passed on as they come.</summary>
/// <remarks>Every method throws <see cref="ChatHostException"/> when Mattermost cannot be reached.</remarks>
internal interface IBotHost
{
    /// <returns>The channel; <c>null</c> if it cannot be had.</returns>
    Task<JsonElement?> GetChannelAsync(ChannelId channel, CancellationToken cancellation);

    /// <returns>The user; <c>null</c> if there is none.</returns>
    Task<JsonElement?> GetUserAsync(UserId user, CancellationToken cancellation);

    /// <returns>The picture and its media type; <c>null</c> if there is none.</returns>
    Task<(byte[] Bytes, string Type)?> GetImageAsync(UserId user, CancellationToken cancellation);

    /// <summary>The first members of a channel by user name.</summary>
    Task<IReadOnlyList<ChatUser>> GetMembersAsync(ChannelId channel, int count, CancellationToken cancellation);

    /// <summary>Begins the upload of a file as the bot.</summary>
    Task<BotHostAnswer> CreateUploadAsync(string channel, string filename, long size, CancellationToken cancellation);

    Task<BotHostAnswer> GetUploadAsync(string upload, CancellationToken cancellation);

    /// <summary>Sends the next part of a file.</summary>
    Task<BotHostAnswer> SendPartAsync(string upload, HttpContent part, CancellationToken cancellation);

    /// <summary>Bytes that a file may have.</summary>
    Task<long> GetMaxFileSizeAsync(CancellationToken cancellation);
}
