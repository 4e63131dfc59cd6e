using Calls.Domain;
using Calls.Domain.Ports;

namespace Calls.Server.Configuration;

/// <summary>The settings in effect now. Readers take <see cref="Value"/> once per request; a change replaces it whole.</summary>
public sealed class CurrentCallsSettings : ICallRules
{
    private static readonly Dictionary<string, string> None = [];

    private volatile Snapshot _current;

    public CurrentCallsSettings(CallsSettings initial, IReadOnlyDictionary<string, string>? overrides = null) =>
        _current = new Snapshot(initial, overrides ?? None);

    public CallsSettings Value => _current.Settings;

    /// <summary>Settings that environment or file decide, with the text as given: the console shows them, but cannot change them.</summary>
    public IReadOnlyDictionary<string, string> Overrides => _current.Overrides;

    CallRules ICallRules.Current => _current.Rules;

    public void Replace(CallsSettings settings, IReadOnlyDictionary<string, string>? overrides = null) =>
        _current = new Snapshot(settings, overrides ?? _current.Overrides);

    private sealed record Snapshot(CallsSettings Settings, IReadOnlyDictionary<string, string> Overrides)
    {
        public CallRules Rules { get; } = new(
            Settings.DefaultEnabled, Settings.MaxCallParticipants, Settings.AllowScreenSharing, Settings.ShowFullName)
        {
            GroupCallsAllowed = Settings.Licensed.GroupCalls,
            TranscribesRecordings = Settings.EnableRecordings && Settings.EnableTranscriptions,
            CaptionsLive = Settings.EnableRecordings && Settings.EnableTranscriptions && Settings.EnableLiveCaptions,
        };
    }
}
