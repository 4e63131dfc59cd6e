namespace Calls.Domain;

/// <summary>The settings that decide about calls (configuration.md 2).</summary>
/// <param name="DefaultEnabled">False is test mode: only system administrators may start calls where not explicitly enabled.</param>
/// <param name="MaxParticipants">Sessions per call, 0 for unlimited.</param>
/// <param name="ShowFullName">Whether full names may be shown (Mattermost's privacy setting).</param>
public sealed record CallRules(
    bool DefaultEnabled = false,
    int MaxParticipants = 0,
    bool AllowScreenSharing = true,
    bool ShowFullName = true)
{
    /// <summary>Whether calls may be started outside of direct messages between two (configuration.md 8).</summary>
    public bool GroupCallsAllowed { get; init; } = true;

    /// <summary>Whether recordings are transcribed too.</summary>
    public bool TranscribesRecordings { get; init; }

    /// <summary>Whether the transcriber speaks live captions.</summary>
    public bool CaptionsLive { get; init; }
}
