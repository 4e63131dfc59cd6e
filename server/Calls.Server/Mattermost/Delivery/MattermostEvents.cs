using System.Text;
using System.Text.Json;
using Calls.Domain;
using Calls.Server.Mattermost.Relay;
using Calls.Server.Mattermost.Rest;

namespace Calls.Server.Mattermost.Delivery;

/// <summary>Corrects what we hold about Mattermost from its own events (mattermost-integration.md 3.13, 7.9).</summary>
/// <remarks>
/// The same event passes on the socket of everybody who gets it. Corrections are idempotent; what must happen once goes
/// through <see cref="RecentEvents"/>.
/// </remarks>
internal sealed class MattermostEvents(ChannelMembership membership, HostCaches caches, RecentEvents recent, AccessEnd access) : IEventObserver
{
    private static readonly HashSet<string> Known =
    [
        "user_added", "user_removed", "direct_added", "group_added", "leave_team", "channel_created",
        "channel_deleted", "channel_restored", "channel_converted", "channel_updated", "channel_member_updated",
        "role_updated", "user_role_updated", "memberrole_updated", "user_updated", "added_to_team",
        "config_changed", "license_changed", "plugin_enabled", "plugin_disabled", "guests_deactivated",
    ];

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> KnownNames = Known.GetAlternateLookup<ReadOnlySpan<char>>();

    public void Observe(ReadOnlySpan<byte> name, ReadOnlySpan<byte> frame)
    {
        Span<char> text = stackalloc char[32];
        if (name.Length > text.Length
            || !Encoding.UTF8.TryGetChars(name, text, out int length)
            || !KnownNames.TryGetValue(text[..length], out string? known))
        {
            return;
        }

        try
        {
            var reader = new Utf8JsonReader(frame);
            using var json = JsonDocument.ParseValue(ref reader);
            Apply(known, json.RootElement.Member("data"), json.RootElement.Member("broadcast"));
        }
        catch (JsonException)
        {
            // Passed on unchanged like any other frame; there is nothing to learn from it.
        }
    }

    private void Apply(string name, JsonElement data, JsonElement broadcast)
    {
        var user = new UserId(data.Text("user_id"));
        var channel = new ChannelId(broadcast.Text("channel_id") is { Length: > 0 } addressed ? addressed : data.Text("channel_id"));
        switch (name)
        {
            case "user_added":
                Correct(channel, user, isMember: true);
                break;
            case "user_removed":
                // The removed user's own copy names him in the broadcast only.
                Remove(channel, user.Value.Length > 0 ? user : new UserId(broadcast.Text("user_id")));
                break;
            case "channel_created":
                Correct(channel, new UserId(broadcast.Text("user_id")), isMember: true);
                break;
            case "direct_added" or "group_added":
                membership.Forget(channel);
                break;
            case "leave_team":
                LeaveTeam(user, data.Text("team_id"));
                break;
            case "channel_deleted" or "channel_restored" or "channel_converted" or "channel_updated":
                caches.ForgetChannel(channel.Value.Length > 0 ? channel : ChannelOf(data));
                break;
            case "channel_member_updated" or "user_role_updated" or "memberrole_updated" or "added_to_team":
                caches.ForgetMembers();
                caches.ForgetUser(user);
                break;
            case "role_updated":
                caches.ForgetRoles();
                break;
            case "user_updated":
                UpdateUser(data.Member("user"));
                break;
            case "guests_deactivated":
                access.RevalidateAll();
                break;
            case "config_changed" or "license_changed" or "plugin_enabled" or "plugin_disabled":
                caches.ReloadSettings();
                break;
        }
    }

    // channel_updated carries the channel as a JSON string.
    private static ChannelId ChannelOf(JsonElement data)
    {
        byte[] text = Encoding.UTF8.GetBytes(data.Text("channel"));
        return JsonValue.TryRead(text, CallsProtocol.MaxDataDepth, out object? value)
            && value is IReadOnlyDictionary<string, object?> channel
            && channel.GetValueOrDefault("id") is string id
                ? new ChannelId(id)
                : new ChannelId("");
    }

    private void Correct(ChannelId channel, UserId user, bool isMember)
    {
        if (channel.Value.Length > 0 && user.Value.Length > 0)
        {
            membership.Correct(channel, user, isMember);
            caches.ForgetMember(channel, user);
        }
    }

    private void Remove(ChannelId channel, UserId user)
    {
        Correct(channel, user, isMember: false);
        if (recent.IsFirst("user_removed", channel.Value, user.Value))
        {
            access.LeftChannel(user, channel);
        }
    }

    private void LeaveTeam(UserId user, string team)
    {
        if (recent.IsFirst("leave_team", team, user.Value))
        {
            access.LeftTeam(user, team, membership.KnownOf(user));
        }
    }

    private void UpdateUser(JsonElement updated)
    {
        var user = new UserId(updated.Text("id"));
        caches.ForgetUser(user);
        if (updated.Number("delete_at") > 0 && recent.IsFirst("user_updated", "", user.Value))
        {
            access.Deactivated(user);
        }
    }
}
