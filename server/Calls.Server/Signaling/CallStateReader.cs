using Calls.Domain;
using Calls.Domain.Events;
using Calls.Domain.Ports;

namespace Calls.Server.Signaling;

/// <summary>Reads the state of a call for those who may see it.</summary>
internal sealed class CallStateReader(CallDirectory directory, IChatHost host, TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public async Task<CallStateResult> TellAsync(ConnectionId connection, UserId user, ChannelId channel)
    {
        using CancellationTokenSource limit = new(Limit, time);
        if (!host.Bots.Contains(user) && !await host.HasChannelPermissionAsync(user, channel, ChannelPermission.ReadChannel, limit.Token))
        {
            return CallStateResult.Forbidden;
        }

        return await directory.RunAsync(channel, CallDirectory.LockLimit, work =>
        {
            if (work.Call is not { } call)
            {
                return Task.FromResult(CallStateResult.NoCallOngoing);
            }

            // Under the lock, so that it never contradicts the events before it on the same connection.
            directory.Publish(new CallStateSent(new EventAudience.OfConnection(connection), call.State, user));
            return Task.FromResult(CallStateResult.Told);
        });
    }
}
