using System.Text.Json;
using Calls.Domain;

namespace Calls.Server.Mattermost.Rest;

/// <summary>Look-ups at Mattermost through the caches of mattermost-integration.md 7.9. Thread-safe.</summary>
/// <remarks>Objects are kept as Mattermost sends them; an undefined element stands for "does not exist".</remarks>
internal sealed class HostCaches(MattermostClient rest, SettingsReader settings, TimeProvider time)
{
    private const int Capacity = 20_000;

    private static readonly TimeSpan ObjectLifetime = TimeSpan.FromMinutes(10);

    // Decisions about joining must not rest on anything older.
    private static readonly TimeSpan MemberLifetime = TimeSpan.FromSeconds(60);

    private readonly ExpiringCache<UserId, JsonElement> _users = new(Capacity, time);
    private readonly ExpiringCache<ChannelId, JsonElement> _channels = new(Capacity, time);
    private readonly ExpiringCache<(ChannelId, UserId), JsonElement> _members = new(Capacity, time);
    private readonly ExpiringCache<(string Team, UserId), JsonElement> _teamMembers = new(Capacity, time);
    private readonly ExpiringCache<string, HashSet<string>> _roles = new(Capacity, time);

    public Task<JsonElement> GetUserAsync(UserId user, CancellationToken cancellation) =>
        GetAsync(_users, user, ObjectLifetime, $"/users/{Segment(user.Value)}", cancellation);

    public Task<JsonElement> GetChannelAsync(ChannelId channel, CancellationToken cancellation) =>
        GetAsync(_channels, channel, ObjectLifetime, $"/channels/{Segment(channel.Value)}", cancellation);

    public Task<JsonElement> GetMemberAsync(ChannelId channel, UserId user, CancellationToken cancellation) =>
        GetAsync(_members, (channel, user), MemberLifetime, $"/channels/{Segment(channel.Value)}/members/{Segment(user.Value)}", cancellation);

    public Task<JsonElement> GetTeamMemberAsync(string team, UserId user, CancellationToken cancellation) =>
        GetAsync(_teamMembers, (team, user), MemberLifetime, $"/teams/{Segment(team)}/members/{Segment(user.Value)}", cancellation);

    /// <summary>Whether one of the roles grants a permission.</summary>
    public async Task<bool> GrantAsync(IReadOnlyCollection<string> roles, string permission, CancellationToken cancellation)
    {
        string[] unknown = [.. roles.Where(role => !_roles.TryGet(role, out _))];
        foreach (string[] part in unknown.Chunk(100))
        {
            RestAnswer answer = await rest.SendAsync(HttpMethod.Post, "/roles/names", part, RestPriority.Permission, isRepeatable: true, cancellation);
            if (!answer.IsSuccess)
            {
                throw answer.ToRefusal();
            }

            Dictionary<string, JsonElement> found = answer.Body.Items().ToDictionary(static role => role.Text("name"));
            foreach (string role in part)
            {
                IEnumerable<JsonElement> permissions = found.TryGetValue(role, out JsonElement known) ? known.Member("permissions").Items() : [];
                _roles.Set(role, [.. permissions.Select(static name => name.GetString() ?? "")], ObjectLifetime);
            }
        }

        return roles.Any(role => _roles.TryGet(role, out HashSet<string>? permissions) && permissions.Contains(permission));
    }

    public void ForgetUser(UserId user) => _users.Remove(user);

    public void ForgetChannel(ChannelId channel) => _channels.Remove(channel);

    public void ForgetMember(ChannelId channel, UserId user) => _members.Remove((channel, user));

    public void ForgetMembers()
    {
        _members.Clear();
        _teamMembers.Clear();
    }

    public void ForgetRoles() => _roles.Clear();

    /// <summary>Reads configuration and licence again soon.</summary>
    public void ReloadSettings() => settings.Reload();

    internal static string Segment(string id) => Uri.EscapeDataString(id);

    private async Task<JsonElement> GetAsync<TKey>(
        ExpiringCache<TKey, JsonElement> cache, TKey key, TimeSpan lifetime, string path, CancellationToken cancellation)
        where TKey : notnull
    {
        if (cache.TryGet(key, out JsonElement cached))
        {
            return cached;
        }

        RestAnswer answer = await rest.GetAsync(path, RestPriority.Permission, cancellation);
        if (!answer.IsSuccess && !answer.IsNotFound)
        {
            throw answer.ToRefusal();
        }

        JsonElement found = answer.IsSuccess ? answer.Body : default;
        cache.Set(key, found, lifetime);
        return found;
    }
}
