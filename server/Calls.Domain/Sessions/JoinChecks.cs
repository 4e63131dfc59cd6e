using Calls.Domain.Ports;

namespace Calls.Domain.Sessions;

/// <summary>What a join needs to ask Mattermost and the channel's setting, in the order of signaling.md 3.3; all before the lock (modes.md 14).</summary>
internal sealed class JoinChecks(ICallStore store, IChatHost host, ICallRules rules, TimeProvider time)
{
    private static readonly TimeSpan CheckLimit = TimeSpan.FromSeconds(10);

    /// <exception cref="ChatHostException"/>
    /// <exception cref="OperationCanceledException">Mattermost did not answer in time.</exception>
    public async Task<JoinAdmission> AdmitAsync(JoinRequest request)
    {
        using CancellationTokenSource limit = new(CheckLimit, time);
        bool isBot = host.Bots.Contains(request.User);
        if (!isBot && !await host.HasChannelPermissionAsync(request.User, request.Channel, ChannelPermission.CreatePost, limit.Token))
        {
            return JoinAdmission.Refused(JoinRefusalReason.Forbidden);
        }

        if (isBot && request.JobId.Length == 0)
        {
            return JoinAdmission.Refused(JoinRefusalReason.JobMissing);
        }

        if (await host.GetChannelAsync(request.Channel, limit.Token) is not { } channel)
        {
            return JoinAdmission.Refused(JoinRefusalReason.ChatHostFailed, "Unable to find the existing channel.");
        }

        if (channel.DeleteAt > 0)
        {
            return JoinAdmission.Refused(JoinRefusalReason.ChannelArchived);
        }

        int members = await host.GetMemberCountAsync(request.Channel, limit.Token);

        if (request.Thread is { } thread && await CheckThreadAsync(request.Channel, thread, limit.Token) is { } refusal)
        {
            return new JoinAdmission(refusal);
        }

        CallsChannel? setting;
        try
        {
            setting = await store.GetChannelAsync(request.Channel, limit.Token);
        }
        catch (CallStoreException failure)
        {
            return JoinAdmission.Refused(JoinRefusalReason.ChannelSettingUnreadable, failure.Message);
        }

        // What a bot joins for cannot be there without a call.
        JoinAdmission admission = isBot ? new JoinAdmission(null, channel) : await MayStartAsync(request.User, channel, setting, limit.Token);
        return admission with { MemberCount = members };
    }

    private async Task<JoinRefusal?> CheckThreadAsync(ChannelId channel, PostId thread, CancellationToken cancellation)
    {
        if (await host.GetPostAsync(thread, cancellation) is not { } post)
        {
            return new JoinRefusal(JoinRefusalReason.ChatHostFailed, "Unable to get the post.");
        }

        if (post.Channel != channel)
        {
            return new JoinRefusal(JoinRefusalReason.Forbidden);
        }

        if (post.DeleteAt > 0)
        {
            return new JoinRefusal(JoinRefusalReason.ThreadDeleted);
        }

        return post.Root is null ? null : new JoinRefusal(JoinRefusalReason.ThreadNotRoot);
    }

    // signaling.md 6.4; it counts only if there is no call once the lock is held.
    private async Task<JoinAdmission> MayStartAsync(UserId user, ChatChannel channel, CallsChannel? setting, CancellationToken cancellation)
    {
        if (!rules.Current.GroupCallsAllowed && channel.Kind != ChannelKind.Direct)
        {
            return new JoinAdmission(null, channel, new JoinRefusal(JoinRefusalReason.GroupCallsNotAllowed));
        }

        if (setting?.IsEnabled is { } isEnabled)
        {
            return new JoinAdmission(null, channel, isEnabled ? null : new JoinRefusal(JoinRefusalReason.CallsDisabled));
        }

        if (rules.Current.DefaultEnabled)
        {
            return new JoinAdmission(null, channel);
        }

        bool isAdmin = await host.IsSystemAdminAsync(user, cancellation);
        return new JoinAdmission(
            null, channel, isAdmin ? null : new JoinRefusal(JoinRefusalReason.InsufficientPermissions), IsTestMode: true);
    }
}
