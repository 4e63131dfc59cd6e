using Calls.Domain;
using Calls.Domain.Ports;

namespace Calls.Server.Api;

/// <summary>Who may see the call of a channel: its readers and the bot.</summary>
internal sealed class ChannelReaders(IChatHost host)
{
    public async Task<bool> ContainAsync(UserId user, ChannelId channel, CancellationToken cancellation) =>
        user == host.BotUserId || await host.HasChannelPermissionAsync(user, channel, ChannelPermission.ReadChannel, cancellation);
}
