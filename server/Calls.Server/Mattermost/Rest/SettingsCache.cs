namespace Calls.Server.Mattermost.Rest;

/// <summary>The last settings that were read; any thread.</summary>
public sealed class SettingsCache
{
    private MattermostSettings? _current;

    /// <summary>Raised after a read that brought something new.</summary>
    public event Action<MattermostSettings>? Changed;

    /// <summary>Nothing until Mattermost answered once.</summary>
    public MattermostSettings? Current => Volatile.Read(ref _current);

    internal void Set(MattermostSettings settings)
    {
        Volatile.Write(ref _current, settings);
        Changed?.Invoke(settings);
    }
}
