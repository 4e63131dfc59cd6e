namespace Calls.StandIn.State;

/// <summary>Names of the permissions that the stand-in checks.</summary>
internal static class Permission
{
    public const string ManageSystem = "manage_system";
    public const string SysconsoleReadPlugins = "sysconsole_read_plugins";
    public const string SysconsoleWritePlugins = "sysconsole_write_plugins";
    public const string SysconsoleReadEnvironment = "sysconsole_read_environment_web_server";
    public const string SysconsoleWriteEnvironment = "sysconsole_write_environment_web_server";
    public const string SysconsoleReadChannels = "sysconsole_read_user_management_channels";
    public const string EditOtherUsers = "edit_other_users";
    public const string ManageRoles = "manage_roles";
    public const string ViewMembers = "view_members";
    public const string CreateTeam = "create_team";
    public const string ViewTeam = "view_team";
    public const string JoinPublicTeams = "join_public_teams";
    public const string AddUserToTeam = "add_user_to_team";
    public const string RemoveUserFromTeam = "remove_user_from_team";
    public const string ListTeamChannels = "list_team_channels";
    public const string CreatePublicChannel = "create_public_channel";
    public const string CreatePrivateChannel = "create_private_channel";
    public const string CreateDirectChannel = "create_direct_channel";
    public const string CreateGroupChannel = "create_group_channel";
    public const string JoinPublicChannels = "join_public_channels";
    public const string ManagePublicChannelMembers = "manage_public_channel_members";
    public const string ManagePrivateChannelMembers = "manage_private_channel_members";
    public const string DeletePublicChannel = "delete_public_channel";
    public const string DeletePrivateChannel = "delete_private_channel";
    public const string ManageTeam = "manage_team";
    public const string ManageChannelRoles = "manage_channel_roles";
    public const string ConvertPublicToPrivate = "convert_public_channel_to_private";
    public const string ReadChannel = "read_channel";
    public const string ReadChannelContent = "read_channel_content";
    public const string ReadPublicChannel = "read_public_channel";
    public const string CreatePost = "create_post";
    public const string CreatePostPublic = "create_post_public";
    public const string CreatePostEphemeral = "create_post_ephemeral";
    public const string EditPost = "edit_post";
    public const string EditOthersPosts = "edit_others_posts";
    public const string DeletePost = "delete_post";
    public const string DeleteOthersPosts = "delete_others_posts";
    public const string UploadFile = "upload_file";
    public const string ManageOwnSlashCommands = "manage_own_slash_commands";
    public const string ManageOthersSlashCommands = "manage_others_slash_commands";
    public const string CreateBot = "create_bot";
    public const string ReadBots = "read_bots";
    public const string ReadOthersBots = "read_others_bots";
    public const string CreateUserAccessToken = "create_user_access_token";
    public const string ReadUserAccessToken = "read_user_access_token";
    public const string RevokeUserAccessToken = "revoke_user_access_token";
}
