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

    /// <summary>Paths are no longer valid: see <see cref="IceLiteAgent.ReleasedPaths"/>.</summary>
    PathsReleased = 8,

    /// <summary>An ICE restart is complete: see <see cref="IceLiteAgent.RetiredCredentials"/>.</summary>
    CredentialsRetired = 16,
}
