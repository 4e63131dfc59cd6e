using System.Diagnostics.CodeAnalysis;

namespace Calls.Rtc.Transport;

/// <summary>Which session a validated address belongs to (media.md 9.4). Owned by one loop.</summary>
internal sealed class PathTable
{
    private readonly Dictionary<PathKey, Entry> _entries = [];

    public int Count => _entries.Count;

    /// <summary>Binds a path to a session and returns the other session that it belonged to before, if any.</summary>
    public object? Register(TransportPath path, object session)
    {
        PathKey key = PathKey.From(path.Remote, path.LocalIndex);
        _entries.TryGetValue(key, out Entry? previous);
        _entries[key] = new(path, session);
        return ReferenceEquals(previous?.Session, session) ? null : previous?.Session;
    }

    /// <summary>Removes a path unless another object has taken its place since.</summary>
    public bool Unregister(TransportPath path)
    {
        PathKey key = PathKey.From(path.Remote, path.LocalIndex);
        return _entries.TryGetValue(key, out Entry? entry)
            && ReferenceEquals(entry.Path, path)
            && _entries.Remove(key);
    }

    public bool TryFind(TransportAddress remote, int localIndex, [NotNullWhen(true)] out Entry? entry) =>
        _entries.TryGetValue(PathKey.From(remote, localIndex), out entry);

    internal sealed record Entry(TransportPath Path, object Session);
}
