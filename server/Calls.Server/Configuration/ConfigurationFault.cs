namespace Calls.Server.Configuration;

/// <summary>Where a value came from, highest precedence first.</summary>
internal enum SettingOrigin
{
    CommandLine,
    Environment,
    File,

    /// <summary>Saved in Mattermost's System Console.</summary>
    Console,

    Default,
}

/// <summary>One thing that is wrong with the configuration: the key, where its value comes from, and what is allowed.</summary>
/// <param name="Value">As given; <c>null</c> when there is none. Secrets are passed masked.</param>
internal sealed record ConfigurationFault(string Key, SettingOrigin Origin, string? Value, string Allowed)
{
    public static string NameOf(SettingOrigin origin) => origin switch
    {
        SettingOrigin.CommandLine => "command line",
        SettingOrigin.Environment => "environment",
        SettingOrigin.File => "settings file",
        SettingOrigin.Console => "System Console",
        _ => "not set",
    };

    public override string ToString()
    {
        string origin = NameOf(Origin);
        return Value is null ? $"{Key} ({origin}): {Allowed}" : $"{Key} ({origin}) is \"{Value}\": {Allowed}";
    }
}

/// <summary>The configuration cannot be used; every fault is listed.</summary>
internal sealed class ConfigurationException(IReadOnlyList<ConfigurationFault> faults)
    : Exception(string.Join('\n', faults))
{
    public IReadOnlyList<ConfigurationFault> Faults { get; } = faults;
}
