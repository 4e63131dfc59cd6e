using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Api.Bot;

namespace Calls.Server.Tests.Api;

/// <summary>A Mattermost that no bot has asked anything: its routes are tested on the whole service.</summary>
internal sealed class NoBotHost : IBotHost
{
    public Task<JsonElement?> GetChannelAsync(ChannelId channel, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<JsonElement?> GetUserAsync(UserId user, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<(byte[] Bytes, string Type)?> GetImageAsync(UserId user, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<IReadOnlyList<ChatUser>> GetMembersAsync(ChannelId channel, int count, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public Task<BotHostAnswer> CreateUploadAsync(string channel, string filename, long size, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public Task<BotHostAnswer> GetUploadAsync(string upload, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<BotHostAnswer> SendPartAsync(string upload, HttpContent part, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<long> GetMaxFileSizeAsync(CancellationToken cancellation) => throw new NotSupportedException();
}
