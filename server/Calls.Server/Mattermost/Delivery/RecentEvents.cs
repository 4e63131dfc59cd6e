using System.Collections.Concurrent;

namespace Calls.Server.Mattermost.Delivery;

/// <summary>Tells the first copy of an event from those that pass on other sockets shortly after. Thread-safe.</summary>
internal sealed class RecentEvents(TimeProvider time)
{
    /// <summary>Copies of one event arrive within this time.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(2);

    private const int Capacity = 4096;

    private readonly ConcurrentDictionary<(string Name, string Scope, string User), long> _seen = new();

    public bool IsFirst(string name, string scope, string user)
    {
        long now = time.GetTimestamp();
        if (_seen.Count >= Capacity)
        {
            foreach (KeyValuePair<(string, string, string), long> old in _seen.Where(entry => time.GetElapsedTime(entry.Value, now) >= Window))
            {
                _seen.TryRemove(old);
            }
        }

        (string, string, string) key = (name, scope, user);
        while (true)
        {
            if (_seen.TryAdd(key, now))
            {
                return true;
            }

            if (!_seen.TryGetValue(key, out long before))
            {
                continue;
            }

            if (time.GetElapsedTime(before, now) < Window)
            {
                return false;
            }

            if (_seen.TryUpdate(key, now, before))
            {
                return true;
            }
        }
    }
}
