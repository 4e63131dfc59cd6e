using Calls.Domain;
using Calls.Domain.Ports;

namespace Calls.Server.Configuration;

/// <summary>The settings in effect now. Readers take <see cref="Value"/> once per request; a change replaces it whole.</summary>
public sealed class CurrentCallsSettings(CallsSettings initial) : ICallRules
{
    private volatile Snapshot _current = new(initial);

    public CallsSettings Value => _current.Settings;

    CallRules ICallRules.Current => _current.Rules;

    public void Replace(CallsSettings settings) => _current = new Snapshot(settings);

    private sealed record Snapshot(CallsSettings Settings)
    {
        public CallRules Rules { get; } = new(
            Settings.DefaultEnabled, Settings.MaxCallParticipants, Settings.AllowScreenSharing, Settings.ShowFullName)
        {
            TranscribesRecordings = Settings.EnableRecordings && Settings.EnableTranscriptions,
            CaptionsLive = Settings.EnableRecordings && Settings.EnableTranscriptions && Settings.EnableLiveCaptions,
        };
    }
}
