using Calls.Domain;
using Calls.Domain.Ports;

namespace Calls.Server.Api;

/// <summary>Who may see the call of a channel: its readers and the bots.</summary>
internal sealed class ChannelReaders(IChatHost host)
{
    public async Task<bool> ContainAsync(UserId user, ChannelId channel, CancellationToken cancellation) =>
        host.Bots.Contains(user) || await host.HasChannelPermissionAsync(user, channel, ChannelPermission.ReadChannel, cancellation);
}
