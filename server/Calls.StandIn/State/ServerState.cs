namespace Calls.StandIn.State;

/// <summary>Everything a restart keeps: what a stock server has in its database, file store and configuration.</summary>
internal sealed class ServerState
{
    /// <summary>The Mattermost version that is reported.</summary>
    public const string Version = "11.6.0";

    public ServerState(TimeProvider time, System.Text.Json.Nodes.JsonObject config)
    {
        Clock = new Clock(time);
        Settings = new SettingsStore(config);
        Sessions = new SessionStore(Clock, Users, Settings);
        Posts = new PostStore(Clock);
        Roles = new RoleStore(Clock);
        Permissions = new Permissions(this);
    }

    public Clock Clock { get; }

    public SettingsStore Settings { get; }

    public LicenseStore License { get; } = new();

    public UserStore Users { get; } = new();

    public SessionStore Sessions { get; }

    public TeamStore Teams { get; } = new();

    public ChannelStore Channels { get; } = new();

    public PostStore Posts { get; }

    public RoleStore Roles { get; }

    public PreferenceStore Preferences { get; } = new();

    public CommandStore Commands { get; } = new();

    public FileStore Files { get; } = new();

    public PluginStore Plugins { get; } = new();

    public Permissions Permissions { get; }

    public PushKey PushKey { get; } = new();
}
