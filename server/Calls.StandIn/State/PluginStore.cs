namespace Calls.StandIn.State;

/// <summary>Installed plugins by id.</summary>
internal sealed class PluginStore
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, InstalledPlugin> _byId = new(StringComparer.Ordinal);

    public InstalledPlugin? Get(string id)
    {
        lock (_gate)
        {
            return _byId.GetValueOrDefault(id);
        }
    }

    public IReadOnlyList<InstalledPlugin> All()
    {
        lock (_gate)
        {
            return [.. _byId.Values];
        }
    }

    public void Put(InstalledPlugin plugin)
    {
        lock (_gate)
        {
            _byId[plugin.Id] = plugin;
        }
    }

    public bool Remove(string id)
    {
        lock (_gate)
        {
            return _byId.Remove(id);
        }
    }
}
