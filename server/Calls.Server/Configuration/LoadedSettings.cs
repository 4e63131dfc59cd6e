namespace Calls.Server.Configuration;

/// <summary>What came of reading the settings from all their sources.</summary>
/// <param name="Settings"><c>null</c> if there are faults.</param>
/// <param name="Overrides">Settings that environment or file decide, with the text as given.</param>
internal sealed record LoadedSettings(
    CallsSettings? Settings,
    IReadOnlyList<ConfigurationFault> Faults,
    IReadOnlyList<string> Warnings,
    IReadOnlyDictionary<string, string> Overrides);
