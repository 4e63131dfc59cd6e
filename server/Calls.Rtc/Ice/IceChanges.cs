namespace Calls.Rtc.Ice;

/// <summary>What a call into an ICE agent changed.</summary>
[Flags]
public enum IceChanges
{
    None = 0,

    /// <summary>The check's path is new: packets from it are accepted from now on.</summary>
    PathValidated = 1,

    /// <summary><see cref="IceLiteAgent.SelectedPath"/> is another one.</summary>
    SelectedPathChanged = 2,

    /// <summary><see cref="IceLiteAgent.State"/> is another one.</summary>
    StateChanged = 4,

    /// <summary>Paths are no longer valid; take them with <see cref="IceLiteAgent.TryTakeReleased"/>.</summary>
    PathsReleased = 8,

    /// <summary>An ICE restart is complete: the credentials from before it no longer open this session.</summary>
    CredentialsRetired = 16,
}
