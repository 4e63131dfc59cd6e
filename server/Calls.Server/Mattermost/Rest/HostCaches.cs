using System.Text.Json;
using Calls.Domain;

namespace Calls.Server.Mattermost.Rest;

/// <summary>Look-ups at Mattermost through the caches of mattermost-integration.md 7.9. Thread-safe.</summary>
/// <remarks>Objects are kept as Mattermost sends them; an undefined element stands for "does not exist".</remarks>
internal sealed class HostCaches
{
    private const int Capacity = 20_000;
    private const int MaxUsersAtOnce = 100;
    private const int MaxMembersAtOnce = 500;

    private static readonly TimeSpan ObjectLifetime = TimeSpan.FromMinutes(10);

    // Decisions about joining must not rest on anything older.
    private static readonly TimeSpan MemberLifetime = TimeSpan.FromSeconds(60);

    // Of what is decided by it, the batching of joins, an old count changes nothing.
    private static readonly TimeSpan CountLifetime = TimeSpan.FromSeconds(10);

    private readonly MattermostClient _rest;
    private readonly SettingsReader _settings;
    private readonly ExpiringCache<UserId, JsonElement> _users;
    private readonly ExpiringCache<ChannelId, JsonElement> _channels;
    private readonly ExpiringCache<ChannelId, JsonElement> _counts;
    private readonly ExpiringCache<(ChannelId, UserId), JsonElement> _members;
    private readonly ExpiringCache<(string Team, UserId), JsonElement> _teamMembers;
    private readonly ExpiringCache<string, HashSet<string>> _roles;
    private readonly GatheredLookups _userLookups;
    private readonly GatheredLookups _memberLookups;

    public HostCaches(MattermostClient rest, SettingsReader settings, TimeProvider time)
    {
        (_rest, _settings) = (rest, settings);
        _users = new(Capacity, time);
        _channels = new(Capacity, time);
        _counts = new(Capacity, time);
        _members = new(Capacity, time);
        _teamMembers = new(Capacity, time);
        _roles = new(Capacity, time);
        _userLookups = new((_, id) => AskAsync($"/users/{Segment(id)}", CancellationToken.None), (_, ids) => AskManyAsync("/users/ids", ids, "id"), MaxUsersAtOnce);
        _memberLookups = new(
            (channel, id) => AskAsync($"/channels/{Segment(channel)}/members/{Segment(id)}", CancellationToken.None),
            (channel, ids) => AskManyAsync($"/channels/{Segment(channel)}/members/ids", ids, "user_id"),
            MaxMembersAtOnce);
    }

    public async Task<JsonElement> GetUserAsync(UserId user, CancellationToken cancellation)
    {
        if (!_users.TryGet(user, out JsonElement found))
        {
            found = await _userLookups.GetAsync("", user.Value, cancellation);
            _users.Set(user, found, ObjectLifetime);
        }

        return found;
    }

    public Task<JsonElement> GetChannelAsync(ChannelId channel, CancellationToken cancellation) =>
        GetAsync(_channels, channel, ObjectLifetime, $"/channels/{Segment(channel.Value)}", cancellation);

    /// <summary>Mattermost's statistics of a channel.</summary>
    public Task<JsonElement> GetChannelStatsAsync(ChannelId channel, CancellationToken cancellation) =>
        GetAsync(_counts, channel, CountLifetime, $"/channels/{Segment(channel.Value)}/stats?exclude_files_count=true", cancellation, isRequired: true);

    public async Task<JsonElement> GetMemberAsync(ChannelId channel, UserId user, CancellationToken cancellation)
    {
        if (!_members.TryGet((channel, user), out JsonElement found))
        {
            found = await _memberLookups.GetAsync(channel.Value, user.Value, cancellation);
            _members.Set((channel, user), found, MemberLifetime);
        }

        return found;
    }

    public Task<JsonElement> GetTeamMemberAsync(string team, UserId user, CancellationToken cancellation) =>
        GetAsync(_teamMembers, (team, user), MemberLifetime, $"/teams/{Segment(team)}/members/{Segment(user.Value)}", cancellation);

    /// <summary>Whether one of the roles grants a permission.</summary>
    public async Task<bool> GrantAsync(IReadOnlyCollection<string> roles, string permission, CancellationToken cancellation)
    {
        string[] unknown = [.. roles.Where(role => !_roles.TryGet(role, out _))];
        foreach (string[] part in unknown.Chunk(100))
        {
            RestAnswer answer = await _rest.SendAsync(HttpMethod.Post, "/roles/names", part, RestPriority.Permission, isRepeatable: true, cancellation);
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
    public void ReloadSettings() => _settings.Reload();

    internal static string Segment(string id) => Uri.EscapeDataString(id);

    private async Task<JsonElement> GetAsync<TKey>(
        ExpiringCache<TKey, JsonElement> cache, TKey key, TimeSpan lifetime, string path, CancellationToken cancellation, bool isRequired = false)
        where TKey : notnull
    {
        if (cache.TryGet(key, out JsonElement cached))
        {
            return cached;
        }

        JsonElement found = await AskAsync(path, cancellation, isRequired);
        cache.Set(key, found, lifetime);
        return found;
    }

    private async Task<JsonElement> AskAsync(string path, CancellationToken cancellation, bool isRequired = false)
    {
        RestAnswer answer = await _rest.GetAsync(path, RestPriority.Permission, cancellation);
        return answer.IsSuccess ? answer.Body : answer.IsNotFound && !isRequired ? default : throw answer.ToRefusal();
    }

    private async Task<IReadOnlyDictionary<string, JsonElement>> AskManyAsync(string path, IReadOnlyList<string> ids, string idName)
    {
        RestAnswer answer = await _rest.SendAsync(HttpMethod.Post, path, ids, RestPriority.Permission, isRepeatable: true, CancellationToken.None);
        if (answer.IsNotFound)
        {
            return new Dictionary<string, JsonElement>();
        }

        return answer.IsSuccess ? answer.Body.Items().ToDictionary(item => item.Text(idName)) : throw answer.ToRefusal();
    }
}
