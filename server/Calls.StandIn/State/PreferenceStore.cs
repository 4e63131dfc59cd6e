namespace Calls.StandIn.State;

/// <summary>Preferences by user, category and name.</summary>
internal sealed class PreferenceStore
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<(string User, string Category, string Name), Preference> _all = [];

    public Preference? Get(string user, string category, string name)
    {
        lock (_gate)
        {
            return _all.GetValueOrDefault((user, category, name));
        }
    }

    public IReadOnlyList<Preference> OfUser(string user, string? category = null)
    {
        lock (_gate)
        {
            return [.. _all.Values.Where(p => p.UserId == user && (category is null || p.Category == category))];
        }
    }

    public void Put(IEnumerable<Preference> preferences)
    {
        lock (_gate)
        {
            foreach (Preference preference in preferences)
            {
                _all[(preference.UserId, preference.Category, preference.Name)] = preference;
            }
        }
    }

    public void Remove(IEnumerable<Preference> preferences)
    {
        lock (_gate)
        {
            foreach (Preference preference in preferences)
            {
                _all.Remove((preference.UserId, preference.Category, preference.Name));
            }
        }
    }
}
