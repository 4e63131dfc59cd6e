using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Calls.Server.Mattermost.Rest;

/// <summary>Values with a time of death and a bound on their number; any thread.</summary>
internal sealed class ExpiringCache<TKey, TValue>(int capacity, TimeProvider time)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Entry> _entries = new();

    private sealed record Entry(TValue Value, long StoredAt, TimeSpan Lifetime);

    public int Count => _entries.Count;

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value) => TryGet(key, TimeSpan.MaxValue, out value);

    /// <summary>Finds a value that is neither dead nor older than <paramref name="maxAge"/>.</summary>
    public bool TryGet(TKey key, TimeSpan maxAge, [MaybeNullWhen(false)] out TValue value)
    {
        if (_entries.TryGetValue(key, out Entry? entry))
        {
            TimeSpan age = time.GetElapsedTime(entry.StoredAt);
            if (age < entry.Lifetime && age < maxAge)
            {
                value = entry.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    public void Set(TKey key, TValue value, TimeSpan lifetime)
    {
        if (_entries.Count >= capacity && !_entries.ContainsKey(key))
        {
            MakeRoom();
        }

        _entries[key] = new Entry(value, time.GetTimestamp(), lifetime);
    }

    public void Remove(TKey key) => _entries.TryRemove(key, out _);

    public void RemoveWhere(Func<TKey, bool> matches)
    {
        foreach (TKey key in _entries.Keys.Where(matches))
        {
            _entries.TryRemove(key, out _);
        }
    }

    public void Clear() => _entries.Clear();

    // The dead first; if that is not enough, the oldest eighth, so that the sorting is rare.
    private void MakeRoom()
    {
        KeyValuePair<TKey, Entry>[] all = [.. _entries];
        IEnumerable<KeyValuePair<TKey, Entry>> dead = all.Where(entry => time.GetElapsedTime(entry.Value.StoredAt) >= entry.Value.Lifetime);
        foreach (KeyValuePair<TKey, Entry> entry in dead)
        {
            _entries.TryRemove(entry);
        }

        if (_entries.Count < capacity)
        {
            return;
        }

        foreach (KeyValuePair<TKey, Entry> entry in all.OrderBy(static entry => entry.Value.StoredAt).Take(Math.Max(1, capacity / 8)))
        {
            _entries.TryRemove(entry);
        }
    }
}
