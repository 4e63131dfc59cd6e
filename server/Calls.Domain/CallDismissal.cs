using Calls.Domain.Ports;

namespace Calls.Domain;

/// <summary>A user does not want to be rung for a call any more (rest-api.md 3.8).</summary>
public sealed class CallDismissal(CallDirectory directory, IChatHost host)
{
    public async Task<DismissalResult> DismissAsync(ChannelId channel, UserId user, CancellationToken cancellation)
    {
        // The reference lets anybody dismiss any call (signaling.md 10.12).
        if (!await host.HasChannelPermissionAsync(user, channel, ChannelPermission.ReadChannel, cancellation))
        {
            return DismissalResult.Forbidden;
        }

        return await directory.RunAsync(
            channel,
            CallDirectory.LockLimit,
            async work =>
            {
                if (work.Call is not { } call)
                {
                    return DismissalResult.NoCallOngoing;
                }

                call.Dismiss(user);
                await work.CommitAsync();
                return DismissalResult.Done;
            },
            cancellation);
    }
}
