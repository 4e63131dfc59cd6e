using System.Collections.Concurrent;
using System.Collections.Frozen;

namespace Calls.Server.Observability.Metrics;

/// <summary>A label of a family of metrics, and which values it may take. Anything else counts as <see cref="Other"/>.</summary>
/// <remarks>What a client sends must never become a value: a scraper keeps every one of them forever.</remarks>
internal sealed class MetricLabel
{
    /// <summary>Stands for every value that is not admitted.</summary>
    public const string Other = "other";

    private readonly FrozenSet<string>? _allowed;
    private readonly ConcurrentDictionary<string, bool> _seen = new(StringComparer.Ordinal);
    private readonly int _maxValues;

    private MetricLabel(string name, FrozenSet<string>? allowed, int maxValues) => (Name, _allowed, _maxValues) = (name, allowed, maxValues);

    public string Name { get; }

    /// <summary>A label with these values only.</summary>
    public static MetricLabel Of(string name, params IEnumerable<string> values) => new(name, values.ToFrozenSet(StringComparer.Ordinal), 0);

    /// <summary>A label whose values an operator chooses, such as registered clients: the first so many are told apart.</summary>
    public static MetricLabel Capped(string name, int maxValues) => new(name, null, maxValues);

    /// <summary>The value itself if it may be shown, else <see cref="Other"/>.</summary>
    public string Admit(string value)
    {
        if (_allowed is not null)
        {
            return _allowed.Contains(value) ? value : Other;
        }

        // Two that race for the last place may both get in: the bound is one of magnitude.
        return _seen.ContainsKey(value) || (_seen.Count < _maxValues && _seen.TryAdd(value, true)) || _seen.ContainsKey(value) ? value : Other;
    }
}
