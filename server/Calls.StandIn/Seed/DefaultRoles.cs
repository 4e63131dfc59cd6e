using Calls.StandIn.State;

namespace Calls.StandIn.Seed;

/// <summary>The built-in roles with the permissions that the stand-in knows, granted as a new stock server grants them.</summary>
internal static class DefaultRoles
{
    private static readonly string[] ChannelGuest =
    [
        Permission.ReadChannel, Permission.ReadChannelContent, "add_reaction", "remove_reaction", Permission.UploadFile, Permission.EditPost,
        Permission.CreatePost, "use_channel_mentions", "use_slash_commands",
    ];

    private static readonly string[] ChannelUser =
    [
        .. ChannelGuest, Permission.ManagePublicChannelMembers, Permission.DeletePublicChannel, "manage_public_channel_properties",
        Permission.ManagePrivateChannelMembers, Permission.DeletePrivateChannel, "manage_private_channel_properties", "get_public_link",
        Permission.DeletePost, "use_group_mentions",
    ];

    private static readonly string[] TeamUser =
    [
        Permission.ListTeamChannels, Permission.JoinPublicChannels, Permission.ReadPublicChannel, Permission.ViewTeam,
        Permission.CreatePublicChannel, Permission.CreatePrivateChannel, "invite_user", Permission.AddUserToTeam,
    ];

    private static readonly string[] SystemUser =
    [
        "list_public_teams", Permission.JoinPublicTeams, Permission.CreateDirectChannel, Permission.CreateGroupChannel, Permission.ViewMembers,
        Permission.CreateTeam, "create_emojis", "delete_emojis",
    ];

    private static readonly string[] SystemAdminOnly =
    [
        Permission.ManageSystem, Permission.SysconsoleReadPlugins, Permission.SysconsoleWritePlugins, Permission.SysconsoleReadEnvironment,
        Permission.SysconsoleWriteEnvironment, Permission.SysconsoleReadChannels, Permission.EditOtherUsers, Permission.ManageRoles,
        Permission.CreatePostPublic, Permission.CreatePostEphemeral, Permission.EditOthersPosts, Permission.DeleteOthersPosts,
        Permission.RemoveUserFromTeam, Permission.ManageTeam, Permission.ManageChannelRoles, Permission.ConvertPublicToPrivate,
        Permission.ManageOwnSlashCommands, Permission.ManageOthersSlashCommands, Permission.CreateBot, Permission.ReadBots,
        Permission.ReadOthersBots, "manage_bots", "manage_others_bots", Permission.CreateUserAccessToken, Permission.ReadUserAccessToken,
        Permission.RevokeUserAccessToken, "list_users_without_team", "list_private_teams", "join_private_teams",
    ];

    public static void AddTo(RoleStore roles, long nowMs)
    {
        Add("channel_guest", ChannelGuest);
        Add("channel_user", ChannelUser);
        Add("channel_admin", [Permission.ManageChannelRoles, "use_group_mentions"]);
        Add("team_guest", [Permission.ViewTeam]);
        Add("team_user", TeamUser);
        Add("team_admin",
        [
            Permission.RemoveUserFromTeam, Permission.ManageTeam, "import_team", "manage_team_roles", Permission.ManageChannelRoles,
            "manage_others_incoming_webhooks", "manage_incoming_webhooks", "manage_outgoing_webhooks", "manage_others_outgoing_webhooks",
            Permission.ManageOwnSlashCommands, Permission.ManageOthersSlashCommands, Permission.ConvertPublicToPrivate,
            Permission.DeletePost, Permission.DeleteOthersPosts, Permission.EditOthersPosts,
        ]);
        Add("system_guest", [Permission.CreateDirectChannel, Permission.CreateGroupChannel]);
        Add("system_user", SystemUser);
        Add("system_user_access_token", [Permission.CreateUserAccessToken, Permission.ReadUserAccessToken, Permission.RevokeUserAccessToken]);
        Add("system_post_all", [Permission.CreatePost, "use_channel_mentions", "use_group_mentions"]);
        Add("system_post_all_public", [Permission.CreatePostPublic, "use_channel_mentions", "use_group_mentions"]);
        Add("system_admin", [.. ChannelUser, .. TeamUser, .. SystemUser, .. SystemAdminOnly]);

        void Add(string name, IEnumerable<string> permissions) => roles.Put(new Role
        {
            Id = Ids.New(),
            Name = name,
            DisplayName = $"authentication.roles.{name}.name",
            Description = $"authentication.roles.{name}.description",
            CreateAt = nowMs,
            UpdateAt = nowMs,
            Permissions = [.. permissions.Distinct()],
        });
    }
}
