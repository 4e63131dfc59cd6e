using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Mattermost.Rest;

namespace Calls.Server.Mattermost.Push;

/// <summary>Which phones belong to the users of a call: a push names a device, not its user (mattermost-integration.md 3.16).</summary>
internal sealed class PushReceivers(MattermostClient rest, TimeProvider time)
{
    private const int Capacity = 5000;

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly ExpiringCache<UserId, HashSet<string>> _devices = new(Capacity, time);

    /// <summary>Whether a device is one of these users'. What Mattermost does not say counts as no.</summary>
    public async Task<bool> ContainAsync(IReadOnlyList<UserId> users, string device, CancellationToken cancellation)
    {
        foreach (UserId user in users)
        {
            if ((await DevicesOfAsync(user, cancellation)).Contains(device))
            {
                return true;
            }
        }

        return false;
    }

    private async Task<HashSet<string>> DevicesOfAsync(UserId user, CancellationToken cancellation)
    {
        if (_devices.TryGet(user, out HashSet<string>? known))
        {
            return known;
        }

        try
        {
            RestAnswer sessions = await rest.GetAsync($"/users/{HostCaches.Segment(user.Value)}/sessions", RestPriority.Other, cancellation);
            HashSet<string> devices = [.. sessions.Body.Items().Select(static session => WithoutPlatform(session.Text("device_id"))).Where(static id => id.Length > 0)];
            _devices.Set(user, devices, Lifetime);
            return devices;
        }
        catch (ChatHostException)
        {
            return [];
        }
    }

    // A session has "apple_rn-v2:token", a push only the token.
    private static string WithoutPlatform(string device) => device[(device.IndexOf(':', StringComparison.Ordinal) + 1)..];
}
